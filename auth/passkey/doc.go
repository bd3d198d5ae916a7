// Package passkey registers passkeys and other WebAuthn credentials and verifies their
// signatures (W3C Web Authentication Level 3). It stores nothing: credentials and ceremonies
// are values that the caller stores. It can be used without package accounts.
//
//	party, err := passkey.New(passkey.Config{RPID: "example.org", Name: "Example", Origins: []string{"https://example.org"}})
//	...
//	options, ceremony, err := party.BeginRegistration(user, session, existing)
//	// options go to navigator.credentials.create, ceremony to the database
//	...
//	credential, err := party.FinishRegistration(ceremony, user, session, response)
//
// # Ceremonies
//
// Each of the four has a Begin, which returns the options for the browser and a [Ceremony] to
// store, and a Finish, which takes the Ceremony and the browser's response:
//
//   - registration (section 7.1) makes a [Credential] for a user who is signed in;
//   - login (section 7.2) of a known user, after another factor was verified;
//   - discoverable login, in which the authenticator names the user;
//   - step-up, an assertion by the user of a session before an operation that needs
//     more than a session. Only a signature made for it satisfies it, not the one
//     made at login.
//
// A Ceremony is valid for one of them, one user, one session and at most five minutes. A
// response to another ceremony is rejected. The caller has to make sure that a Ceremony is used
// once: delete it by one conditional statement before Finish, and continue only if that
// statement found a row. Then a response cannot be replayed, and a wrong one spends the
// challenge.
//
// # Options reveal credentials
//
// The options of a login list the credentials of the user (section 14.6.2). Send them only
// after another factor was verified. Send the options of a discoverable login to
// unauthenticated clients: they are the same for all.
//
// The options are the objects of sections 5.4 and 5.5 in the JSON form that
// PublicKeyCredential.parseCreationOptionsFromJSON and parseRequestOptionsFromJSON read
// (sections 5.1.8 and 5.1.9). A response has the form that toJSON of a PublicKeyCredential
// writes (section 5.1).
//
// # Duties of the caller
//
//   - Credential ids are unique over all users: a unique index.
//   - A user's Handle is a random value and never changes (section 14.6.1).
//   - The Credential of a [Result] replaces the stored one. It has the counter and
//     the flags for the next assertion. Replace it only if the stored counter is
//     still the one that [Lookup] read, since two logins may run at once.
//   - Lookup does not find a deleted credential.
//
// # Errors
//
// A response that is rejected is [auth.ErrInvalid]; the text says why, for logs. A failure of
// Lookup is [auth.ErrUnavailable]. Errors of New and of the Begin methods are neither: they are
// mistakes of the caller.
//
// # Limits
//
// Attestation statements are verified, but their certificates are not compared with a list of
// trusted makers: an AAGUID is a claim of the authenticator. Pages in cross-origin frames
// (crossOrigin) and related origins (section 5.11) are rejected. No extension is requested or
// read.
package passkey

// Package passkey registers passkeys and other WebAuthn credentials and verifies
// what they sign (W3C Web Authentication Level 3). It keeps nothing: credentials
// and ceremonies are values that the caller stores, and it can be used alone.
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
// Each of the four has a Begin, which gives the options for the browser and a
// [Ceremony] to keep, and a Finish, which takes the Ceremony and what the browser
// answers:
//
//   - registration (section 7.1) makes a [Credential] for a user who is signed in;
//   - login (section 7.2) of a known user, for those who proved another factor;
//   - discoverable login, where the authenticator says who the user is;
//   - step-up, an assertion by the user of a session, before something that needs
//     more than a session. It is satisfied by a signature made for it and by
//     nothing else: not by having a passkey, not by the one made at login.
//
// A Ceremony is good for one of them, one user, one session and at most five
// minutes, and a response to another one's is refused. That it is good once is up
// to who keeps it: delete it by one conditional statement before the response is
// judged, and go on only where that statement found a row. So a response cannot be
// replayed, and a wrong one burns the challenge.
//
// # What the options tell
//
// The options of a login list the credentials of the user (section 14.6.2). Give
// them to those only who have proven to be that user by something else, and a
// stranger the options of a discoverable login, which are the same for everybody.
//
// The options are the objects of sections 5.4 and 5.5 in the JSON form that
// PublicKeyCredential.parseCreationOptionsFromJSON and parseRequestOptionsFromJSON
// read (sections 5.1.8 and 5.1.9), and a response is what toJSON of a
// PublicKeyCredential writes (section 5.1).
//
// # What the caller holds
//
//   - Credential ids are unique over all users: a unique index.
//   - A user's Handle is a random value and never changes (section 14.6.1).
//   - The Credential of a [Result] replaces the stored one: it has the counter and
//     the flags to compare the next assertion with. Replace it only where the stored
//     counter is still the one that [Lookup] saw, as two may sign in at once.
//   - A deleted credential is one that Lookup no longer finds.
//
// # Errors
//
// A response that is refused is [auth.ErrInvalid], whatever is wrong with it; the
// text says what, for logs. What Lookup could not answer is [auth.ErrUnavailable].
// Errors of New and of the Begin methods are neither: they are mistakes of the
// caller.
//
// # Limits
//
// Attestation statements are verified as such, but their certificates are held
// against no list of trusted makers: an AAGUID is what the authenticator says it
// is. Pages in foreign frames (crossOrigin) and related origins (section 5.11) are
// refused, and no extension is asked for or read.
package passkey

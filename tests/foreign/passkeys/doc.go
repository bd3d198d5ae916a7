// Package passkeys has tests only: they let a real browser register passkeys,
// sign in and step up with them, against auth/passkey alone and against auth/accounts
// through supabase-js, open the links of mails, and log in on the page that documents an API.
// The browser is Debian's Chromium with its virtual authenticator
// (WebAuthn section 11), driven over the DevTools protocol.
//
// Without Chromium, or supabase-js where tests/foreign/clients has it, the tests are
// skipped in one line; PLINTH_TEST_REQUIRE=chromium,npm-packages makes that a failure.
// CHROMIUM names a binary that is called otherwise.
package passkeys

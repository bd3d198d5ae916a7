// Package accounts provides sign-up, login, sessions, second factors, API keys and
// administration over a store. Its HTTP surface is that of GoTrue, so existing clients such as
// supabase-js can use it.
//
// # Sessions and tokens
//
// A login makes a session with two tokens. The access token is a JWT that expires after five
// minutes. It is signed by a key of the database (ES256, published as a JWK Set) and contains
// the user, the methods of authentication and the roles.
//
// The refresh token is exchanged for the next pair, once. It consists of the session's id and a
// counter, authenticated with a key from the configuration, so it cannot be made from the
// database. One conditional UPDATE moves the counter when the next pair is made. Within
// Config.RefreshGrace the previous token returns the same successor, because the tabs of a
// browser refresh at the same time. An older one ends the session, because it was stolen or the
// client is broken (RFC 9700 section 4.14.2).
//
// # Cookies
//
// Scripts of a page can read tokens, and so can injected ones. With Config.Cookies an
// application in a browser can use a cookie instead. It sends X-Plinth-Session: cookie with
// every request that returns a session (sign-up, login, the exchange of a code). It gets the
// cookie __Host-plinth-session (Secure, HttpOnly, SameSite=Lax) and no tokens in the body.
// [Accounts.Authenticator] reads the cookie, here and for the application's own resources.
// There is nothing to refresh: the session lasts while it is used. A bearer token outranks a
// cookie.
//
// Pages without scripts use the same cookie: a route of the application reads their form
// and calls [Accounts.Call].
//
// Browsers send cookies with requests that other sites cause. Such requests are rejected with
// 403 unless their method is safe (net/http.CrossOriginProtection). A login, and each change of
// what the session may do, ends the session of the previous cookie and makes another one.
//
// The cookie needs https. Chromium and Firefox accept it over http from localhost too, for
// development; Safari does not. A login at a provider gets its cookie in the exchange of the
// code (PKCE). Without a verifier the redirect sets the cookie, if the client has sent
// X-Plinth-Session when it began or has a cookie already. The URL contains no token then.
//
// # Second factors
//
// A session begins at level 1 (auth.Principal.AAL, the claim aal). A second factor raises it to
// level 2: an authenticator app, a passkey, a text message, or a recovery code. A login by
// passkey begins at level 2 if the authenticator has verified the user. Rules of resources
// require it by api.AAL(2). The accounts require it to add a factor to others, to remove one
// and to make recovery codes.
//
// A session that is raised gets new tokens. The previous refresh token is invalid, and previous
// access tokens stay at level 1. A new factor ends the user's sessions at a lower level, except
// the one that has registered a passkey. When a factor is removed, the sessions that it raised
// end. The session that removes it returns to level 1, and its access token has to be
// refreshed, as after every change of rights.
//
// Routes that GoTrue does not have:
//
//	GET    /factors/recovery-codes         how many are left: {"total", "remaining"}
//	POST   /factors/recovery-codes         a new set of ten, shown once: {"codes", ...}
//	DELETE /factors/recovery-codes         invalidates them
//	POST   /factors/recovery-codes/verify  {"code"}: the session at level 2
//	GET    /user/sessions                  the user's sessions: {"sessions": [...]}
//	DELETE /user/sessions/{id}             ends one
//
// # API keys
//
// Programs use API keys instead of sessions. Users make keys for their programs, and admins
// make keys of the application:
//
//	GET    /user/api-keys         the caller's keys: {"api_keys": [...]}
//	POST   /user/api-keys         {"name", "scopes", "expires_at"}: a key, shown once in "key"
//	DELETE /user/api-keys/{id}    revokes one
//	GET    /admin/api-keys        those of the application, with ?user_id= those of a user
//	POST   /admin/api-keys        a key of the application
//	DELETE /admin/api-keys/{id}   revokes any key
//
// A key is sent as Authorization: Bearer pl_..., not as apikey, which is for Config.Keys. Its
// scopes are names of permissions. A permission of a user's key counts while its owner has it,
// which is read when the key is used. With the scope [ScopeSelf] the key is its owner, without
// the owner's roles. Without it the key is a caller without an account, roles and rows. No key
// has a session or is at level 2, and none manages accounts or other keys.
//
// Keys expire after 90 days unless expires_at says otherwise; null is never. All keys of a user
// end when the password or e-mail address is changed, when the user is banned or removed, and
// when the owner of an e-mail address takes an account over. Signing out ends none. A revoked
// key is rejected on every instance within two seconds.
//
// Making a key requires what changing the password requires: level 2 if the user has a second
// factor, and the password or a nonce if the session is older than Config.ReauthenticateAfter.
//
// # Administration
//
// The bearer of a secret key, and users with the permission [PermissionAdmin], manage accounts
// by the routes of GoTrue below /admin/users, and by these:
//
//	POST   /admin/users/{id}/logout   ends all sessions of a user
//	GET    /admin/users/{id}/roles    {"roles": [...], "permissions": [...]}
//	PUT    /admin/users/{id}/roles    {"roles": [...]}: exactly these; PUT /admin/users/{id} takes it too
//	GET    /admin/roles               {"roles": [{"name", "description", "permissions", ...}]}
//	POST   /admin/roles               {"name", "description", "permissions"}
//	GET    /admin/roles/{name}        also PUT, which writes all of it, and DELETE
//	GET    /admin/audit               {"events": [...]}, newest first: ?user_id= ?kind= ?before= ?per_page=
//
// A role is a name with permissions. Access tokens contain both (roles, permissions), and so
// does the Principal, for [auth.Principal.HasRole] and api.Role. The role of GoTrue's clients
// (role) comes first. A change of a user's or a role's rights revokes older tokens within two
// seconds, and clients refresh. Users without an account have no roles.
//
// A user who manages accounts grants only roles and permissions that they have. They cannot
// change the account of a user with more rights, remove a role that they do not have, or choose
// the id of an account. Secret keys can. Rules that read app_metadata are not covered: do not
// base rights on it if users manage accounts.
//
// [Accounts.CreateUser], [Accounts.SaveRole] and the like do this in Go. An invalid request has
// an error with a code, by a method Problem() string, which api.WriteError sends to clients.
// Any other error comes from the database, a hook, the context or, for metadata, encoding/json.
//
// # Hooks
//
// Config.BeforeSignUp decides about new accounts, Config.BeforeToken adds claims,
// Config.AfterSignIn runs after logins, and Config.BeforeDelete deletes the application's rows
// of a user together with the account.
//
// # Secrets
//
// Config.MasterKeys seal signing keys and the secrets of second factors in the database
// (AES-256-GCM), and authenticate refresh tokens. Passwords are hashed by package password.
// Single-use secrets (codes, links, challenges) are stored as hashes and consumed by one
// conditional UPDATE. API keys are stored as hashes (SHA-256 of 260 random bits).
//
// # Tables
//
// The tables are named auth_*, and [Migrations] makes them. They belong to this package:
// applications refer to users by id and keep their own data in tables of their own.
package accounts

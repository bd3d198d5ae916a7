// Package accounts lets people in: sign-up, login, sessions and everything around
// them, over a store, with an HTTP surface that existing clients speak (GoTrue's,
// as supabase-js uses it).
//
// # Sessions and tokens
//
// A login makes a session. The session has two tokens. The access token is a JWT of
// five minutes, signed by a key of the database's own (ES256, published as a JWK
// Set), which says who the user is, how they have shown it and what roles they have.
// The refresh token buys the next pair. It is made of the session's id and a
// counter, authenticated with a key that only the configuration has, so nothing in
// the database is one, and it is good once: the counter moves by one conditional
// UPDATE, when the next pair is made. Whoever comes with the token before it within a few seconds gets the same
// successor, because the tabs of a browser refresh at the same time; an older one
// ends the session, because only a thief or a broken client has it (RFC 9700 section
// 4.14.2).
//
// # Cookies
//
// Scripts of a page can read tokens, and so can whoever gets a script into it. With
// Config.Cookies an application in a browser can have a cookie instead: it sends
// X-Plinth-Session: cookie with whatever answers with a session (sign-up, login, the
// exchange of a code), and gets the cookie __Host-plinth-session (Secure, HttpOnly,
// SameSite=Lax) and no tokens in the body. [Accounts.Authenticator] knows the caller by it, here
// and for the application's own resources; there is nothing to refresh, the session
// lasts while it is used. A bearer token goes before a cookie.
//
// Browsers send cookies with requests that other sites cause, so those are refused
// with 403 unless their method is safe (net/http.CrossOriginProtection), here on every
// route. Logging in, and each change of what the session may do, ends the session of
// the cookie that the browser has had and makes another one.
//
// The cookie needs https. Chromium and Firefox take it over http from localhost too,
// for development; Safari does not. Logins that come back from elsewhere get their
// cookie in the exchange of the code (PKCE). Without a verifier the browser comes back
// with the cookie, if the client has sent X-Plinth-Session when it began or the browser
// has a cookie already; no token is in the address then.
//
// # Second factors
//
// A session begins at level 1 (auth.Principal.AAL, the claim aal). It rises to level 2
// by a second factor: an authenticator app, a passkey, a text message to a phone, or a
// recovery code in place of one that is lost. A login by passkey begins there, if the authenticator has verified
// the person. Rules of resources ask for it by api.AAL(2). Here it is needed to add a
// factor to others, to remove one, and to make recovery codes: whoever has a password
// only does not get around the second factor.
//
// A session that rises has new tokens. The refresh token of before is worth nothing,
// and its access tokens stay tokens of level 1. With each factor that a user has from then
// on the sessions end that have shown less, but for the one that has registered a passkey. When
// a factor is removed, sessions end that were at level 2 by it; the one that does it goes back to level 1, and its access token is
// to be refreshed, as after every change of rights.
//
// Besides what clients of GoTrue know there is
//
//	GET    /factors/recovery-codes         how many are left: {"total", "remaining"}
//	POST   /factors/recovery-codes         a new set of ten, shown once: {"codes", ...}
//	DELETE /factors/recovery-codes         they are good no more
//	POST   /factors/recovery-codes/verify  {"code"}: the session at level 2
//	GET    /user/sessions                  where the user is logged in: {"sessions": [...]}
//	DELETE /user/sessions/{id}             sign out there
//
// # API keys
//
// Programs have no session. A user makes keys for programs of theirs, and admins make
// keys for those of the application:
//
//	GET    /user/api-keys         the caller's keys: {"api_keys": [...]}
//	POST   /user/api-keys         {"name", "scopes", "expires_at"}: a key, shown once in "key"
//	DELETE /user/api-keys/{id}    it is good no more
//	GET    /admin/api-keys        those of the application, with ?user_id= those of a user
//	POST   /admin/api-keys        a key of the application
//	DELETE /admin/api-keys/{id}   whosever it is
//
// A key is sent as Authorization: Bearer pl_..., not as apikey, where the keys of
// Config.Keys belong. Its scopes are names of permissions, and a key may do what they
// say and nothing else. Of a user's key a permission counts while its owner has it,
// looked up when the key is used. What needs no permission but an identity takes the
// scope [ScopeSelf]: a key without it is a caller without an account, roles and rows;
// one with it is its owner, whose roles stay behind. No key has a session or is at
// level 2, and none manages accounts or other keys.
//
// Keys hold for 90 days unless expires_at says otherwise; null is for ever. All keys of
// a user end when their password or address is changed, by whomever, when they are
// banned or removed, and when the owner of an address takes an account back; signing
// out ends none. A key ends on every instance within two seconds.
//
// Making a key takes what changing the password takes: level 2 where the user has a
// second factor, and the password or a nonce where the session is not young.
//
// # Administration
//
// The bearer of a secret key, and users with the permission [PermissionAdmin], manage
// accounts by the routes of GoTrue below /admin/users. Besides those there is
//
//	POST   /admin/users/{id}/logout   ends all sessions of a user
//	GET    /admin/users/{id}/roles    {"roles": [...], "permissions": [...]}
//	PUT    /admin/users/{id}/roles    {"roles": [...]}: exactly these; PUT /admin/users/{id} takes it too
//	GET    /admin/roles               {"roles": [{"name", "description", "permissions", ...}]}
//	POST   /admin/roles               {"name", "description", "permissions"}
//	GET    /admin/roles/{name}        also PUT, which writes all of it, and DELETE
//	GET    /admin/audit               {"events": [...]}, the youngest first: ?user_id= ?kind= ?before= ?per_page=
//
// A role is a name with permissions. Both stand in access tokens (roles, permissions)
// and in the Principal, where [auth.Principal.HasRole] and api.Role ask for them; the
// role that GoTrue's clients know (role) stands first. A change of what a user or a
// role has makes tokens of before worthless within two seconds, and clients refresh.
// Users without an account have no roles.
//
// Nobody grants what they do not have, but for secret keys: a user who manages accounts
// gives away roles they have themselves and makes roles of permissions they have, and
// they do not touch the account of somebody who has more, take away a role they do not
// have, or choose the id of an account. What rules read from
// app_metadata is no such right: do not let rights rest on it where users manage
// accounts.
//
// [Accounts.CreateUser], [Accounts.SaveRole] and the like do this for the application
// itself. An error about what was asked for has a code, by a method Problem() string, which
// clients get where api.WriteError answers with it; any other is of the database, a hook,
// the context or, of metadata, encoding/json.
//
// # Hooks
//
// Config.BeforeSignUp decides who gets an account, Config.BeforeToken adds claims,
// Config.AfterSignIn is told of logins, and Config.BeforeDelete deletes with an account
// what the application has of its user.
//
// # Secrets
//
// Config.MasterKeys seal what the database must not show: signing keys and the
// secrets of second factors (AES-256-GCM), and authenticate refresh tokens. Passwords
// are hashed by package password. Everything that is good once (codes, links,
// challenges) is stored by its hash and consumed by one conditional UPDATE. Of an API
// key there is the hash only (SHA-256 of 260 random bits).
//
// # Tables
//
// The tables are called auth_*, and [Migrations] makes them. They belong to this
// package: applications refer to users by id and keep what they know of them in
// tables of their own.
package accounts

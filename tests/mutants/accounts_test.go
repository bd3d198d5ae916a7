package mutants_test

// accountsMutants are faults of the accounts: codes, sessions, factors, roles, API keys,
// redirects, cookies, budgets.
var accountsMutants = []mutant{
	{name: "session-expired", find: "sessionEndedAt.Null(), «sessionExpiresAt.Gt(now)», sessionRefreshedAt.Gt(used), sessionCounter", fault: instead("store.True()"), tests: sessionTests, breaks: "a session lives for ever"},
	{name: "session-idle", find: "sessionEndedAt.Null(), sessionExpiresAt.Gt(now), «sessionRefreshedAt.Gt(used)», sessionCounter", fault: instead("store.True()"), tests: sessionTests, breaks: "a session without use does not end"},
	{name: "session-ended", find: "sessionID.Eq(id), «sessionEndedAt.Null()», sessionExpiresAt.Gt(now), sessionRefreshedAt.Gt(used), sessionCounter", fault: instead("store.True()"), tests: sessionTests, breaks: "a session that has ended is refreshed"},
	{name: "cookie-expired", find: "store.And(sessionEndedAt.Null(), «sessionExpiresAt.Gt(now)», sessionRefreshedAt.Gt(used))", fault: instead("store.True()"), tests: cookieTests, breaks: "the session of a cookie lives for ever"},
	{name: "cookie-ended", find: "store.And(«sessionEndedAt.Null()», sessionExpiresAt.Gt(now), sessionRefreshedAt.Gt(used))", fault: instead("store.True()"), tests: cookieTests, breaks: "the cookie of a session that has ended is accepted"},
	{name: "refresh-grace", find: "case «now.Sub(s.RefreshedAt) > ss.RefreshGrace»", fault: never, tests: sessionTests, breaks: "the refresh token before the last one stays valid"},
	{name: "refresh-reuse", find: "fail.OrElse(«ss.End(ctx, data.OneSession(id), endedByReuse)», fail.ErrRefreshUsed)", fault: omit, tests: sessionTests, breaks: "a stolen refresh token leaves its session open"},
	{name: "refresh-code", find: "if «hmac.Equal(appendRefresh(key, session, counter), raw)»", fault: always, tests: sessionTests, breaks: "refresh tokens can be made up"},
	{name: "cookie-code", find: "if «hmac.Equal(appendCookie(key, id), raw)»", fault: always, tests: cookieTests, breaks: "cookies can be made up"},
	{name: "revoked-session", find: "if _, ended := r.sessions[t.Principal.Session]; «ended»", fault: never, tests: sessionTests, breaks: "access tokens outlive their session"},
	{name: "revoked-user", find: "if «t.Made.User < r.users[t.Principal.ID].rev»", fault: never, tests: sessionTests, breaks: "access tokens outlive a change of rights"},
	{name: "revoked-role", find: "if «rev < r.roles[name].rev»", fault: never, tests: sessionTests, breaks: "access tokens outlive a change of a role"},
	{name: "banned", find: "case «u.BannedUntil != nil && ss.Now().Before(*u.BannedUntil)»", fault: never, tests: sessionTests, breaks: "banned users log in"},
	{name: "not-confirmed", find: "if «!at.Confirmed(u)» { return nil, at.ErrNotConfirmed()", fault: never, tests: sessionTests, breaks: "users log in with an address that they have not confirmed"},
	{name: "password-changed-meanwhile", find: "userID.Eq(u.ID), «same(userPasswordHash, u.PasswordHash)», same(userEmail", fault: instead("store.True()"), tests: sessionTests, breaks: "a login with the former password outlives its change"},
	{name: "code-used", find: "store.And(codeID.Eq(id), codeUsedAt.Null()), «codeUsedAt.To(&now)»)", fault: instead("codeUsedAt.To(nil)"), tests: codeTests, breaks: "a one-time code works twice"},
	{name: "code-expired", find: "codeKind.Eq(string(kind)), which, codeUsedAt.Null(), «codeExpiresAt.Gt(now)»", fault: instead("store.True()"), tests: codeTests, breaks: "a one-time code does not expire"},
	{name: "digits-expired", find: "cs.Keys.HashShort(kind, user, digits)), «young»)", fault: instead("store.True()"), tests: codeTests, breaks: "digits live as long as a link"},
	{name: "codes-replaced", find: "if err := «cs.DropCodes(ctx, in, *n.User, n.Kind.Replaces()...)»; err != nil", fault: omit, tests: codeTests, breaks: "former codes stay valid beside a new one"},
	{name: "challenge-session", find: "kept.Factor != f.ID || «kept.Session != s.ID»", fault: never, tests: factorTests, breaks: "the challenge of another session is answered"},
	{name: "challenge-factor", find: "if «kept.Factor != f.ID» || kept.Session", fault: never, tests: factorTests, breaks: "the challenge of another factor is answered"},
	{name: "totp-step", find: "«factorLastStep.To(step)», factorLastUsedAt", fault: instead("factorLastStep.To(0)"), tests: factorTests, breaks: "a code of an authenticator works twice"},
	{name: "second-factor-admin", find: "if err := «x.factors().needsSecondFactor(u, s)»; err != nil { return p, err }", fault: omit, tests: factorTests, breaks: "an administrator needs no second factor"},
	{name: "second-factor-change", find: "c.Email != \"\" || c.Phone != \"\" { if err := «x.factors().needsSecondFactor(u, s)»; err != nil", fault: omit, tests: factorTests, breaks: "a session of one factor changes password and address"},
	{name: "second-factor-level", find: "if err == nil && «level < 2» { err = &problem.Error{Code: problem.AuthInsufficientAAL}", fault: never, tests: factorTests, breaks: "a session of one factor is enough"},
	{name: "second-factor-added", find: "if «level > 1» { return nil }", fault: always, tests: factorTests, breaks: "a password alone adds another second factor"},
	{name: "factor-removed", find: "by := «sessionFactorID.Eq(&factor)»", fault: instead("store.False()"), tests: factorTests, breaks: "sessions of a removed factor keep their level"},
	{name: "factor-added-sessions", find: "if err := «fs.Sessions.EndIn(ctx, tx, data.LowerSessions(u.ID, s.ID), session.EndedByFactor)»; err != nil", fault: omit, tests: factorTests, breaks: "sessions of one factor outlive a new second factor"},
	{name: "account-budget", find: "if «!known» { return OverLimit(th.Limits.Guesses.Per)", fault: never, tests: budgetTests, breaks: "unknown IP addresses guess at a closed account"},
	{name: "account-budget-factor", find: "if «full» { here =", fault: never, tests: budgetTests, breaks: "one factor makes an IP address known"},
	{name: "budget-count", find: "failuresKey.Eq(key), failuresCount.Lt(«count»), failuresExpiresAt.Gt(now)", fault: instead("count + 1"), tests: budgetTests, breaks: "a budget has one try more"},
	{name: "mail-interval", find: "store.And(this, «mailTimeSentAt.Lte(since)»)", fault: instead("store.True()"), tests: codeTests, breaks: "mails are sent without a pause"},
	{name: "absent-password", find: "err := «ss.Hashes.VerifyAbsent(ctx, entered)»; !errors.Is", fault: func(_, on, right string) string {
		return "func() error { if " + on + " { return password.ErrMismatch }; return " + right + " }()"
	}, tests: sessionTests, breaks: "the time of a login shows that there is no account"},
	{name: "password-sessions", find: "if err := «ch.endOthers(ctx, tx, u, &keep, outbox.ChangePassword)»; err != nil", fault: omit, tests: passwordChangeTests, breaks: "other sessions outlive a new password"},
	{name: "password-keys", find: "if err := ch.Sessions.EndIn(ctx, tx, sessions, why); err != nil { return err } if err := «ch.APIKeys.EndKeysOf(ctx, tx, u.ID, why)»; err != nil", fault: omit, tests: passwordChangeTests, breaks: "API keys outlive a new password"},
	{name: "roles-revoked", find: "if err := «rs.Sessions.RevokeUser(ctx, tx, u)»; err != nil", fault: omit, tests: roleTests, breaks: "tokens keep roles that were taken"},
	{name: "escalation-user", find: "if «!by.Holds(append(g.Roles, u.Role), g.Permissions)»", fault: never, tests: roleTests, breaks: "an administrator changes a user with more rights"},
	{name: "escalation-role", find: "permissions, err := want.check() if err != nil { return err } if «!by.Holds(nil, permissions)»", fault: never, tests: roleTests, breaks: "an administrator makes a role with more permissions"},
	{name: "escalation-grant", find: "err != nil || «!by.Holds(with.Roles, with.Permissions)»", fault: never, tests: roleTests, breaks: "an administrator grants a role that they do not have"},
	{name: "admin-permission", find: "u.IsAnonymous || «!p.HasPermission(data.PermissionAdmin)» { return p, &problem.Error{Code: problem.AuthNotAdmin}", fault: never, tests: roleTests, breaks: "a token outlives the permission of an administrator"},
	{name: "redirect-prefix", find: "«strings.HasPrefix(asked, prefix+\"/\")»", fault: instead("strings.HasPrefix(asked, prefix)"), tests: loginTests, breaks: "a redirect leads to a host that begins like an allowed one"},
	{name: "redirect-dots", find: "if «segment == \"..\" || segment == \".\"»", fault: never, tests: loginTests, breaks: "a redirect leaves the allowed path"},
	{name: "cookie-http-only", find: "Secure: true, HttpOnly: «true», SameSite: http.SameSiteLaxMode", fault: instead("false"), tests: cookieTests, breaks: "scripts read the session cookie"},
	{name: "cookie-same-site", find: "Secure: true, HttpOnly: true, SameSite: «http.SameSiteLaxMode»", fault: instead("http.SameSiteNoneMode"), tests: cookieTests, breaks: "other sites send the session cookie"},
	{name: "cookie-origin", find: "if «x.wantsCookie() && x.Origins.Check(r) != nil»", fault: never, tests: cookieTests, breaks: "pages of other origins act with the session cookie"},
	{name: "cookie-rotation", find: "return x.Sessions.EndIn(ctx, tx, data.OneSession(had), session.EndedByRotation)", fault: before("return nil"), tests: cookieTests, breaks: "a cookie from before the login stays valid"},
	{name: "login-browser", find: "return «subtle.ConstantTimeCompare(sum[:], l.Browser) == 1»", fault: always, tests: loginTests, breaks: "another browser ends a login"},
	{name: "flow-verifier", find: "if «!at.Flow.Verifies(in[\"code_verifier\"])»", fault: never, tests: loginTests, breaks: "a stolen code needs no verifier"},
	{name: "flow-replayed", find: "return ss.EndIn(ctx, tx, data.SessionsByCode(*c.UserID, c.ID), EndedByReplay)", fault: before("return nil"), tests: loginTests, breaks: "the session of a code that is shown twice stays open"},
	{name: "key-ended", find: "store.And(apiKeyHash.Eq(hash), «apiKeyEndedAt.Null()»)", fault: instead("store.True()"), tests: keyTests, breaks: "a revoked API key is accepted"},
	{name: "key-admin", find: "func(name string) bool { return «name == data.PermissionAdmin» }", fault: never, tests: keyTests, breaks: "an API key manages accounts"},
	{name: "key-scopes", find: "if «slices.Contains(g.Permissions, name)» { p.Permissions", fault: always, tests: keyTests, breaks: "an API key keeps a permission that its owner has lost"},
	{name: "key-scopes-made", find: "if «scope != ScopeSelf && !slices.Contains(g.Permissions, scope)»", fault: never, tests: keyTests, breaks: "a user makes a key with a permission that they do not have"},
	{name: "key-banned", find: "err == nil && («ks.Sessions.MayEnter(u) != nil» || u.IsAnonymous)", fault: never, tests: keyTests, breaks: "the API key of a banned user is accepted"},
	{name: "takeover-evicts", find: "if «u.EmailConfirmedAt == nil» { if err := fd.Changes.Evict", fault: never, tests: loginTests, breaks: "the password of an account made in advance outlives the login of the owner"},
	{name: "takeover-unproven", find: "var u *data.User if «v.Proven»", fault: instead("v.Email != nil"), tests: loginTests, breaks: "an unverified address of a provider opens an account"},
	{name: "last-identity", find: "if «len(rest) == 1» { return &problem.Error{Code: problem.AuthSingleIdentity}", fault: never, tests: loginTests, breaks: "an account loses its last identity"},
	{name: "email-change-both", find: "return «!ch.SingleEmailChange» && !ch.Autoconfirm", fault: never, tests: codeTests, breaks: "the present address need not agree to a new one"},
	{name: "email-change-stale", find: "if «stale» { return nil, fail.ErrOTP", fault: never, tests: codeTests, breaks: "a link of a former change of address works"},
	{name: "sign-out", find: "if err := «x.Sessions.End(x.r.Context(), which, session.EndedBySignOut)»; err != nil { return err } if x.hasCookie()", fault: omit, tests: sessionTests, breaks: "signing out leaves the session open"},
	{name: "reauthenticate", find: "case «a.Now().Before(s.ShownAt().Add(a.ReauthenticateAfter))», a.Changes.ChoosesPassword(s)", fault: always, tests: passwordChangeTests, breaks: "an old session sets a new password without the present one"},
	{name: "code-first-digits", find: "out.Short = «randomDigits(data.ShortDigits)»", fault: instead("randomDigits(data.ShortDigits - 1)"), tests: codeTests, breaks: "digits are a tenth as hard to guess"},
}

var (
	sessionTests        = []string{"auth/accounts ^Test(SessionLife|A2Hash|SignUpAndIn|ExpiresIn|SignUpUnconfirmed|A7|RefreshAfterGrace|A8|RefreshRefused|Logout|Revocation.*|RightsOnOtherInstances|StaleRights|Ban|Sessions|A1|A2|OldPasswordOnTheWayIn|ChangedOnTheWayIn|AdminEndsSessions|PasswordsAtOnce|ManySessionsEnd|RolesInTokens)$"}
	cookieTests         = []string{"auth/accounts ^Test(Cookie.*|ChangeByCookie|AnonymousUpgradeByCookie|A52|A44)$"}
	codeTests           = []string{"auth/accounts ^Test(OTP.*|Mail.*|Verify.*|CodesExpire|OneUse|EmailChange.*|SingleEmailChange|SignUpConfirmed|A9.*|Reauthentication.*|A1Mails)$"}
	factorTests         = []string{"auth/accounts ^Test(TOTP|StepUp.*|FirstVerification|A11|Challenge.*|Factor.*|Unenroll|Recovery.*|SecondFactor.*|AdminSecondFactor|PhoneFactor.*|RulesAskForTwoFactors|WebAuthnFactor|Passkey.*|RefreshWhile.*|Reauthentication.*)$"}
	budgetTests         = []string{"auth/accounts ^Test(A6|GuessesAtOnce|AddressBudget|AccountBudget|StolenPassword|GuessesForgotten|ClientAddress|Requests|ForgivenByOwnSession|SecondFactorGuesses|PhoneGuesses|Budget.*|OwnIsCounted)$"}
	passwordChangeTests = []string{"auth/accounts ^Test(PutUser|A9.*|Reauthentic.*|EmailChangeWithPassword|APIKeyEnds|PasswordsAtOnce|AdminChange.*)$"}
	roleTests           = []string{"auth/accounts ^Test(Admin.*|Escalation|RolesInTokens|StaleRights|RoleBounds|RightsOnOtherInstances)$"}
	loginTests          = []string{"auth/accounts ^Test(A12.*|A60.*|PKCE.*|Link.*|Unlink.*|Provider.*|FirstLogins|StateOnce|FormPost|CarelessProvider|Squatter.*|IDToken|Verifiers|SignUpOfMadeAccounts|Authorize.*)$"}
	keyTests            = []string{"auth/accounts ^Test(APIKey.*|A9Keys)$"}
)

package accounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/account"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/wire"
	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// Config tunes [Accounts]. MasterKeys, PublicURL and SiteURL are required.
type Config struct {
	// MasterKeys seal secrets in the database and authenticate refresh tokens, see the package
	// comment. Each has at least 32 random bytes. The first one is used for new values, and all
	// are used to read. To change it see [Accounts.RotateMasterKey].
	MasterKeys [][]byte

	// PublicURL is the URL of the handler for clients, such as "https://example.org/auth/v1".
	// It is the issuer of tokens, and links in mails begin with it.
	PublicURL string

	// SiteURL is the application's URL. Links lead there unless a client asks for another of
	// RedirectURLs.
	SiteURL string

	// RedirectURLs are the other URLs to which links may lead: exact ones, or prefixes with a
	// final "/*".
	RedirectURLs []string

	// AccessTTL is the lifetime of access tokens.
	//
	// Defaults to 5 minutes; at most an hour.
	AccessTTL time.Duration

	// SessionLife is the lifetime of a session, and SessionIdle its lifetime without use. A
	// user has at most 1,000 sessions. Beyond that the least recently used one of the lowest
	// level ends.
	//
	// Default to 30 days and 14 days (NIST SP 800-63B-4 allows 30 days).
	SessionLife, SessionIdle time.Duration

	// RefreshGrace is how long a used refresh token returns its successor again.
	//
	// Defaults to 10 seconds.
	RefreshGrace time.Duration

	// DisableSignup closes sign-up. Accounts are then made by invitation, import and admins.
	DisableSignup bool

	// Anonymous allows users without an account.
	Anonymous bool

	// Autoconfirm confirms e-mail addresses and phone numbers without a mail or a message, for
	// development.
	Autoconfirm bool

	// Providers are the providers at which users may log in, for example those of package
	// auth/oidc. Register PublicURL followed by /callback/ and the provider's name there as the
	// redirect URI.
	Providers []Provider

	// ManualLinking lets users link and unlink identities.
	ManualLinking bool

	// Verifiers accept access tokens of other issuers in [Accounts.Authenticator], for example
	// one of oidc.NewVerifier. Their users have no account here: no route of accounts accepts
	// their tokens.
	Verifiers []auth.Verifier

	// Jobs send mails and text messages. They need a Sealer, because mails are encrypted. The
	// caller runs them ([jobs.Jobs.Run]), and uses them for one [New].
	//
	// Defaults to jobs of the accounts, which [Accounts.Run] runs.
	Jobs *jobs.Jobs

	// Keys are the API keys of client libraries. An unknown key is rejected. The bearer of a
	// secret key manages accounts.
	Keys auth.Keys

	// Mailer sends mails to users. Without one, requests that need mail are answered with 422
	// email_provider_disabled.
	Mailer Mailer

	// SMS sends text messages. Without one, requests with a phone number are rejected with 400
	// phone_provider_disabled. Limits bound what it sends.
	SMS SMSSender

	// MailInterval is how long an e-mail address waits for the next mail of one kind,
	// such as a recovery, and a phone number for the next text message. Negative
	// switches it off, for tests.
	//
	// Defaults to a minute.
	MailInterval time.Duration

	// MinResponseTime is the least time of an answer that could reveal by its time whether
	// an account exists: wrong passwords, sign-ups and requests for mails. It should exceed
	// the time of the slowest hash, imported ones included. Negative switches it off, for tests.
	//
	// Defaults to 300 ms.
	MinResponseTime time.Duration

	// Limits bound guesses of secrets and what unauthenticated clients can request.
	Limits Limits

	// Retention says how long unused rows are kept.
	Retention Retention

	// ClientAddress returns the client's IP address, for Limits. Behind a proxy it has to read
	// the header of the proxy, which clients must not be able to set. Without such a function
	// all clients have the proxy's IP address and share one budget.
	//
	// Defaults to the peer of the connection. No header is read.
	ClientAddress func(*http.Request) netip.Addr

	// BeforeSignUp runs before an account is made in any way except [Accounts.Import], and
	// before anything of it is stored. It may change the metadata, or refuse with [Refuse]. Any
	// other error is answered with 500. It also runs for an e-mail address that has an account,
	// so that clients do not learn of it. It runs again before an anonymous user gets an
	// account, and the changed metadata are stored then.
	//
	// The context of a hook ends after 5 seconds, but the request waits until the hook returns.
	// A panic counts as an error. Hooks run concurrently for different requests.
	BeforeSignUp func(ctx context.Context, s *SignUp) error

	// BeforeToken runs before an access token is signed, at each login and refresh, and may add
	// claims. With an error the client gets no token: 403 for [Refuse], which logs clients out,
	// and 500 otherwise, after which they retry with the old token. It also runs for cookies,
	// at least every AccessTTL, and for API keys that act as their owner. There the answers are
	// 403 for Refuse, with which browsers drop the cookie, and 503 otherwise. See BeforeSignUp
	// for its context.
	BeforeToken func(ctx context.Context, t *Token) error

	// AfterSignIn runs after each login, for each new session but not for refreshes. The answer
	// waits for it, and its error is only logged. See BeforeSignUp for its context.
	AfterSignIn func(ctx context.Context, in SignedIn) error

	// BeforeDelete runs before an account is deleted, by DeleteUser or the admin API. It runs
	// in the transaction that deletes the account: rows that it deletes by Deletion.Tx are
	// deleted with the account or not at all. Like every function of a transaction it may run
	// again, see [store.DB.Tx]. It may refuse with [Refuse], and any other error keeps the
	// account as well. A concurrent request may still write a row of the user afterwards. Its
	// context is that of the deletion.
	BeforeDelete func(ctx context.Context, d *Deletion) error

	// Cookies lets browser applications keep their session in a cookie that scripts cannot
	// read, see the package comment.
	Cookies bool

	// CookieOrigins are origins, besides PublicURL and SiteURL, from which pages may use
	// cookies: "https://app.example.org". They must be of the same site.
	CookieOrigins []string

	// LinkLife is the lifetime of links in mails, and InviteLife that of invitations. The
	// digits of mails and messages expire after 10 minutes.
	//
	// Default to 30 minutes and a day.
	LinkLife, InviteLife time.Duration

	// SingleEmailChange changes an e-mail address after the new one has confirmed it. Otherwise
	// the present one has to confirm it too.
	SingleEmailChange bool

	// ReauthenticateAfter is the age of a login from which these changes ask for the password
	// or for a nonce of GET /reauthenticate: a new password, factor, passkey or API key,
	// linking an identity and unlinking one. Negative always asks.
	//
	// Defaults to 24 hours.
	ReauthenticateAfter time.Duration

	// Passkeys runs the ceremonies of passkeys, for example passkey.Plain. Nil disables
	// passkeys.
	Passkeys Passkeys

	// Hashes configures how passwords are hashed, and Passwords which ones are allowed.
	Hashes    password.Config
	Passwords password.Policy

	// Logger receives details of errors that clients do not get.
	//
	// Defaults to slog.Default().
	Logger *slog.Logger

	// Now returns the current time. Change it in tests.
	//
	// Defaults to [time.Now].
	Now func() time.Time
}

// Validate returns the errors of [New] that do not need a database.
func (c Config) Validate() error {
	c, err := c.withDefaults()
	_, errKeys := seal.NewKeyring(c.MasterKeys)
	_, errHashes := password.New(c.Hashes)
	return errors.Join(err, errKeys, errHashes)
}

func (c Config) withDefaults() (Config, error) {
	c.AccessTTL = cmp.Or(c.AccessTTL, 5*time.Minute)
	c.SessionLife = cmp.Or(c.SessionLife, 30*24*time.Hour)
	c.SessionIdle = cmp.Or(c.SessionIdle, 14*24*time.Hour)
	c.RefreshGrace = cmp.Or(c.RefreshGrace, 10*time.Second)
	c.LinkLife = cmp.Or(c.LinkLife, account.LinkLife)
	c.InviteLife = cmp.Or(c.InviteLife, account.InviteLife)
	c.ReauthenticateAfter = cmp.Or(c.ReauthenticateAfter, 24*time.Hour)
	c.MailInterval = cmp.Or(c.MailInterval, time.Minute)
	c.MinResponseTime = cmp.Or(c.MinResponseTime, 300*time.Millisecond)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.ClientAddress == nil {
		c.ClientAddress = remoteAddress
	}
	var wrong []error
	var err error
	if c.Limits, err = c.Limits.withDefaults(); err != nil {
		wrong = append(wrong, err)
	}
	if c.Retention, err = c.Retention.withDefaults(); err != nil {
		wrong = append(wrong, err)
	}
	for name, text := range map[string]string{"PublicURL": c.PublicURL, "SiteURL": c.SiteURL} {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			wrong = append(wrong, fmt.Errorf("accounts: %s must be a URL such as https://example.org/path", name))
		}
	}
	if c.AccessTTL < time.Second || c.AccessTTL > session.MaxAccessTTL {
		wrong = append(wrong, fmt.Errorf("accounts: AccessTTL must be at most %s", session.MaxAccessTTL))
	}
	if c.SessionLife < c.AccessTTL || c.SessionIdle < c.AccessTTL || c.RefreshGrace < 0 || c.RefreshGrace > time.Minute {
		wrong = append(wrong, errors.New("accounts: SessionLife and SessionIdle must be longer than AccessTTL, RefreshGrace at most a minute"))
	}
	if c.LinkLife < 0 || c.InviteLife < 0 {
		wrong = append(wrong, errors.New("accounts: LinkLife and InviteLife must not be negative"))
	}
	for _, allowed := range c.RedirectURLs {
		if address, _ := strings.CutSuffix(allowed, "/*"); !wire.PlainURL(address) {
			wrong = append(wrong, fmt.Errorf("accounts: RedirectURLs: %q must be a URL, exact or with a final /*", allowed))
		}
	}
	wrong = append(wrong, c.checkProviders())
	return c, errors.Join(append(wrong, c.Passwords.Valid())...)
}

package accounts

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
)

// flow is a login that ends in a browser, by a link of a mail or at a provider, and
// has to come back to the client that began it (RFC 7636).
type flow struct {
	Challenge string `json:"challenge,omitempty"` // of PKCE; empty is the implicit flow
	Method    string `json:"method,omitempty"`    // s256 or plain
	Redirect  string `json:"redirect,omitempty"`  // where it leads, already allowed
	Cookie    bool   `json:"cookie,omitempty"`    // the client has asked for one, or had one
}

// Codes of flows.
const (
	codeFlow codeKind = "flow" // exchanged for a session by who has the verifier

	flowLife = 5 * time.Minute
)

// readFlow reads the challenge of a client from a body, and where the flow leads.
func (x *exchange) readFlow(challenge, method string) (flow, error) {
	f := flow{Challenge: challenge, Method: method, Redirect: x.redirectTo(), Cookie: x.wantsCookie()}
	if challenge == "" {
		if method != "" {
			return f, failf(problem.AuthValidation, "code_challenge_method needs code_challenge")
		}
		return f, nil
	}
	switch f.Method {
	case "S256":
		f.Method = "s256"
	case "", "s256", "plain":
	default:
		return f, failf(problem.AuthValidation, "code_challenge_method must be s256 or plain")
	}
	if !unreserved(challenge) {
		return f, failf(problem.AuthValidation, "code_challenge must be 43 to 128 letters, digits, '-', '.', '_' or '~'")
	}
	return f, nil
}

// ofAnother returns a flow that is begun for another user. The client that begins it does not
// decide how the session is returned.
func (f flow) ofAnother() flow {
	f.Cookie = false
	return f
}

// unreserved reports whether a text has the form of a verifier (RFC 7636 section 4.1).
func unreserved(text string) bool {
	if len(text) < 43 || len(text) > 128 {
		return false
	}
	for _, c := range []byte(text) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' && c != '~' {
			return false
		}
	}
	return true
}

// verifies reports whether a client that has a verifier has begun the flow.
func (f *flow) verifies(verifier string) bool {
	if !unreserved(verifier) {
		return false
	}
	got := verifier
	if f.Method != "plain" {
		sum := sha256.Sum256([]byte(verifier))
		got = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return subtle.ConstantTimeCompare([]byte(got), []byte(f.Challenge)) == 1
}

// arrival is how a user has come to the end of a flow, which its code keeps until
// the client exchanges it.
type arrival struct {
	Flow   flow   `json:"flow"`
	How    method `json:"how"`
	Result []byte `json:"provider_result,omitempty"` // a sealed providerResult
}

// arrive ends a flow in the browser: it sends it back to the client, with a code
// where the client has a verifier and with the session otherwise.
func (x *exchange) arrive(u *user, at arrival, kind string, given auth.ProviderTokens) error {
	f := at.Flow
	if f.Challenge == "" {
		return x.arriveImplicit(u, at, kind, given)
	}
	s, err := x.a.makeCode(x.r.Context(), x.a.db, newCode{kind: codeFlow, user: &u.ID, life: flowLife, data: at})
	if err != nil {
		return err
	}
	return x.seeOther(withQuery(f.Redirect, url.Values{"code": {s.long}}))
}

// arriveImplicit ends a flow of a client without a verifier: with the tokens in the
// fragment, or with a cookie and no token at all.
func (x *exchange) arriveImplicit(u *user, at arrival, kind string, given auth.ProviderTokens) error {
	in, err := x.a.enter(x.r.Context(), u, at.How, x.device())
	if err != nil {
		return err
	}
	v := url.Values{}
	if x.a.config.Cookies && at.Flow.Cookie || x.hasCookie() {
		s, err := x.rotate(in.session)
		if err != nil {
			return err
		}
		v.Set("token_type", "cookie")
		v.Set("expires_at", strconv.FormatInt(s.ExpiresAt.Unix(), 10))
	} else {
		v = url.Values{
			"access_token": {in.access}, "refresh_token": {in.refresh}, "token_type": {"bearer"},
			"expires_in": {strconv.FormatInt(int64(in.life/time.Second), 10)}, "expires_at": {strconv.FormatInt(in.expires.Unix(), 10)},
		}
		setUnlessEmpty(v, "provider_token", given.Access)
		setUnlessEmpty(v, "provider_refresh_token", given.Refresh)
	}
	setUnlessEmpty(v, "type", kind)
	return x.seeOther(at.Flow.Redirect + "#" + v.Encode())
}

func setUnlessEmpty(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}

// fail ends a flow in the browser that did not succeed. Clients look for the error
// in the query, and older ones in the fragment.
func (x *exchange) fail(f flow, code, text string) error {
	kind := "access_denied" // RFC 6749 section 4.1.2.1
	if problem.Status(code, true) >= http.StatusInternalServerError {
		kind = "server_error"
	}
	v := url.Values{"error": {kind}, "error_code": {code}, "error_description": {text}}
	return x.seeOther(withQuery(f.Redirect, v) + "#" + v.Encode())
}

// withQuery adds parameters to an address that is allowed.
func withQuery(address string, v url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // allowed addresses parse
	}
	q := u.Query()
	for name, values := range v {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// seeOther sends the browser on with a GET (RFC 9110 section 15.4.4).
func (x *exchange) seeOther(address string) error {
	h := x.w.Header()
	h.Set("Location", address)
	h.Set("Referrer-Policy", "no-referrer")
	x.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// grantPKCE exchanges the code of a flow for a session.
func (x *exchange) grantPKCE(body object) (*issued, error) {
	in, err := body.texts("auth_code", "code_verifier")
	if err != nil {
		return nil, err
	}
	if in["auth_code"] == "" || in["code_verifier"] == "" {
		return nil, failf(problem.AuthValidation, "invalid request: both auth code and code verifier should be non-empty")
	}
	// The code is spent with a wrong verifier too: the client does not own it.
	c, err := x.a.useCode(x.r.Context(), x.a.db, codeFlow, in["auth_code"])
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, orElse(x.a.endReplayed(x.r.Context(), in["auth_code"]), errNoFlow)
	}
	var at arrival
	if err := c.read(&at); err != nil {
		return nil, err
	}
	if !at.Flow.verifies(in["code_verifier"]) {
		return nil, &problem.Error{Code: problem.AuthBadCodeVerifier}
	}
	u, err := store.For[user](x.a.db).Get(x.r.Context(), *c.UserID)
	if err != nil {
		return nil, err
	}
	if err := x.a.mayEnter(u); err != nil {
		return nil, err
	}
	at.How.code = &c.ID
	return x.enterFrom(u, &at)
}

var errNoFlow = &problem.Error{Code: problem.AuthFlowNotFound}

// endReplayed ends the session for which a used code was exchanged (RFC 6749 section
// 4.1.2). It deletes the code, which keeps a session from being made that is on the way.
func (a *Accounts) endReplayed(ctx context.Context, long string) error {
	return a.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		codes, which := store.For[code](tx), store.And(store.Eq("kind", string(codeFlow)), store.Eq("hash", hashCode(codeFlow, long)))
		found, err := codes.List(ctx, store.Query{Where: which, Limit: store.Limit(1)})
		if err != nil || len(found) == 0 {
			return err
		}
		c := found[0]
		if c.UsedAt == nil {
			return nil // it has expired
		}
		if _, err := codes.DeleteWhere(ctx, store.Eq("id", c.ID)); err != nil {
			return err
		}
		return a.endIn(ctx, tx, store.And(store.Eq("user_id", *c.UserID), store.Eq("code_id", c.ID)), endedByReplay)
	})
}

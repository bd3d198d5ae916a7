package wire

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/federation"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// callback answers GET and POST /callback/{provider}, to which a provider redirects the
// browser. It spends the state in any case.
func (x loginHandler) callback() error {
	if err := x.noHead(); err != nil {
		return err
	}
	answer, err := x.answer()
	if err != nil {
		return err
	}
	l, err := x.takeLogin(answer)
	if err != nil {
		return err
	}
	if l == nil {
		// The origin of the request is unknown, so it leads to the application only.
		return x.fail(data.Flow{Redirect: x.SiteURL}, problem.AuthBadOAuthState, "The login has expired, was used, or was begun in another browser")
	}
	l.Flow.Redirect = x.Redirect(l.Flow.Redirect) // what is allowed may have changed
	p, err := x.Federation.Provider(l.At.Provider)
	if err != nil {
		return x.mails().failed(l.Flow, err)
	}
	who, tokens, err := p.Finish(x.r.Context(), l.At, answer)
	if err != nil {
		return x.failAt(l.Flow, p, err)
	}
	v, err := federation.ExternalIdentityOf(p, who)
	if err == nil {
		err = x.come(l, v, tokens)
	}
	if err != nil {
		return x.mails().failed(l.Flow, err)
	}
	return nil
}

// answer returns what the browser brings: the query, or the form of a POST.
func (x loginHandler) answer() (url.Values, error) {
	if x.r.Method != http.MethodPost {
		return x.r.URL.Query(), nil
	}
	if media, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
		return nil, &problem.Error{Code: problem.MediaType, Message: "The body must be a form."}
	}
	x.r.Body = http.MaxBytesReader(x.w, x.r.Body, maxBody)
	if err := x.r.ParseForm(); err != nil {
		if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, tooLarge
		}
		return nil, fail.New(problem.AuthValidation, "The form cannot be read")
	}
	return x.r.PostForm, nil
}

// takeLogin consumes the login that an answer belongs to. It is nil unless this browser
// has begun it, at this provider, and it was not used before.
func (x loginHandler) takeLogin(answer url.Values) (*data.Login, error) {
	state := answer["state"]
	if len(state) != 1 {
		return nil, nil
	}
	c, err := x.Codes.UseCode(x.r.Context(), x.DB, codeLogin, state[0])
	if err != nil || c == nil {
		return nil, err
	}
	var sealed data.SealedLogin
	if err := c.Read(&sealed); err != nil {
		return nil, err
	}
	raw, err := x.Keys.Open(data.LoginPlace(state[0]), sealed.Sealed)
	if err != nil {
		return nil, err
	}
	l := new(data.Login)
	if err := json.Unmarshal(raw, l); err != nil {
		return nil, err
	}
	byForm := x.r.Method == http.MethodPost
	if l.At.Provider != x.params["provider"] || l.At.FormPost != byForm || !x.sameBrowser(l) {
		return nil, nil
	}
	return l, nil
}

// come finishes the flow of a user with a verified identity.
func (x loginHandler) come(l *data.Login, v *data.ExternalIdentity, tokens auth.ProviderTokens) error {
	ctx, from := x.r.Context(), x.device()
	at := data.Arrival{Flow: l.Flow}
	var u *data.User
	var err error
	given := data.ProviderResult{Access: tokens.Access, Refresh: tokens.Refresh}
	switch {
	case l.Link == nil:
		u, err = x.Federation.Receive(ctx, v, from)
	case l.Flow.Challenge == "":
		u, err = x.Federation.LinkIdentity(ctx, l.Link, v, from)
	default:
		// The client with the verifier decides. An attacker may have sent the browser here.
		given.Link, given.External = l.Link, v
		u, err = x.SignUps.Linked(ctx, x.DB, l.Link)
	}
	if err != nil {
		return err
	}
	at.How = v.Method()
	if at.Result, err = x.Federation.SealProviderResult(u.ID, &given); err != nil {
		return err
	}
	return x.arrive(u, at, "", tokens)
}

// failAt ends a login that failed at the provider or by its answer. Texts from outside are
// logged only: anyone can write a URL with one.
func (x loginHandler) failAt(f data.Flow, p federation.Provider, err error) error {
	x.Logger.InfoContext(x.r.Context(), "accounts: a login at a provider has failed", "provider", p.Name(), "error", err)
	if errors.Is(err, auth.ErrInvalid) {
		return x.fail(f, problem.AuthBadOAuthCallback, "The login at the provider did not succeed")
	}
	return x.fail(f, problem.AuthUnexpected, "The provider cannot be reached, or does not accept this application")
}

// enterFrom opens the session of a flow that has come back to its client.
func (x loginHandler) enterFrom(u *data.User, at *data.Arrival) (*session.Issued, error) {
	ctx, from := x.r.Context(), x.device()
	var e data.ProviderResult
	if at.Result != nil {
		raw, err := x.Keys.Open(federation.ProviderResultPlace(u.ID), at.Result)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, err
		}
	}
	if e.Link != nil {
		var err error
		if u, err = x.Federation.LinkIdentity(ctx, e.Link, e.External, from); err != nil {
			return nil, err
		}
		by := at.How.Code
		at.How = e.External.Method()
		at.How.Code = by
	}
	in, err := x.Sessions.Enter(ctx, u, at.How, from)
	if err == nil {
		in.Result = e
	}
	return in, err
}

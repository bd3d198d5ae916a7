package oidc_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/authtest"
	"github.com/seed-7694ebf6/plinth/auth/oidc"
)

// outcomes says for each fault whether the login is refused, or could not be judged.
var outcomes = map[authtest.Fault]error{
	authtest.FaultAlgNone:       auth.ErrInvalid,
	authtest.FaultAlgSecret:     auth.ErrInvalid,
	authtest.FaultAlgPublicKey:  auth.ErrInvalid,
	authtest.FaultAtHash:        auth.ErrInvalid,
	authtest.FaultAudience:      auth.ErrInvalid,
	authtest.FaultAzp:           auth.ErrInvalid,
	authtest.FaultAzpMissing:    auth.ErrInvalid,
	authtest.FaultExpired:       auth.ErrInvalid,
	authtest.FaultExpMissing:    auth.ErrInvalid,
	authtest.FaultExpText:       auth.ErrInvalid,
	authtest.FaultFuture:        auth.ErrInvalid,
	authtest.FaultIatMissing:    auth.ErrInvalid,
	authtest.FaultIDTokenAbsent: auth.ErrInvalid,
	authtest.FaultIssuer:        auth.ErrInvalid,
	authtest.FaultKid:           auth.ErrInvalid,
	authtest.FaultNonce:         auth.ErrInvalid,
	authtest.FaultNonceMissing:  auth.ErrInvalid,
	authtest.FaultSignature:     auth.ErrInvalid,
	authtest.FaultSub:           auth.ErrInvalid,
	authtest.FaultSubMissing:    auth.ErrInvalid,
	authtest.FaultSubTwice:      auth.ErrInvalid,
	authtest.FaultType:          auth.ErrInvalid,

	authtest.FaultDenied:       auth.ErrInvalid,
	authtest.FaultIss:          auth.ErrInvalid,
	authtest.FaultIssMissing:   auth.ErrInvalid,
	authtest.FaultServerError:  auth.ErrUnavailable,
	authtest.FaultState:        auth.ErrInvalid,
	authtest.FaultStateMissing: auth.ErrInvalid,

	authtest.FaultDiscoveryAlg:      auth.ErrUnavailable,
	authtest.FaultDiscoveryDown:     auth.ErrUnavailable,
	authtest.FaultDiscoveryKeys:     auth.ErrUnavailable,
	authtest.FaultDiscoveryEndpoint: auth.ErrUnavailable,
	authtest.FaultDiscoveryHuge:     auth.ErrUnavailable,
	authtest.FaultDiscoveryIssuer:   auth.ErrUnavailable,
	authtest.FaultDiscoverySlow:     auth.ErrUnavailable,
	authtest.FaultKeysDown:          auth.ErrUnavailable,
	authtest.FaultKeysHuge:          auth.ErrUnavailable,
	authtest.FaultKeysPrivate:       auth.ErrUnavailable,

	authtest.FaultClient:        auth.ErrUnavailable,
	authtest.FaultTokenDown:     auth.ErrUnavailable,
	authtest.FaultTokenHuge:     auth.ErrUnavailable,
	authtest.FaultTokenNoJSON:   auth.ErrUnavailable,
	authtest.FaultTokenRedirect: auth.ErrUnavailable,
	authtest.FaultTokenSlow:     auth.ErrUnavailable,
	authtest.FaultTokenType:     auth.ErrUnavailable,

	authtest.FaultUserinfoDown:       auth.ErrUnavailable,
	authtest.FaultUserinfoNoJSON:     auth.ErrUnavailable,
	authtest.FaultUserinfoSub:        auth.ErrInvalid,
	authtest.FaultUserinfoSubMissing: auth.ErrInvalid,
}

// TestFaults: with every fault nobody logs in, and an unavailable provider is no refusal.
// Without the fault logins work again.
func TestFaults(t *testing.T) {
	t.Parallel()
	faults := authtest.Faults()
	if len(faults) != len(outcomes) {
		t.Errorf("%d faults, %d outcomes", len(faults), len(outcomes))
	}
	for _, fault := range faults {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			fake := authtest.NewProvider(t)
			var clock testClock
			cfg := config(fake)
			cfg.Now = clock.Now
			p := newProvider(t, cfg)
			fake.Fail(fault)
			patience := time.Minute
			if fault == authtest.FaultDiscoverySlow || fault == authtest.FaultTokenSlow {
				patience = 100 * time.Millisecond
			}
			secrets, err := attempt(t, p, fake, patience)
			want := outcomes[fault]
			if want == nil || !errors.Is(err, want) || errors.Is(err, auth.ErrInvalid) && errors.Is(err, auth.ErrUnavailable) {
				t.Fatalf("error is %v, want %v", err, want)
			}
			text := err.Error()
			for _, secret := range secrets {
				if secret != "" && strings.Contains(text, secret) {
					t.Errorf("the error tells a secret: %v", err)
				}
			}
			if len(text) > 600 || strings.ContainsFunc(text, unicode.IsControl) {
				t.Errorf("the error is not fit for a log: %q", text)
			}
			fake.Fail(authtest.FaultNone)
			clock.advance(31 * time.Second) // keys and metadata are not asked for sooner
			if _, err := attempt(t, p, fake, time.Minute); err != nil {
				t.Errorf("after that: %v", err)
			}
		})
	}
}

// attempt logs in as a browser would that does not wait, and returns what no error may
// tell.
func attempt(t *testing.T, p *oidc.Provider, fake *authtest.Provider, patience time.Duration) (secrets []string, err error) {
	t.Helper()
	secrets = []string{authtest.ClientSecret}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	to, flow, err := p.Begin(ctx, auth.LoginOptions{RedirectURI: redirectURI})
	if err != nil {
		return secrets, err
	}
	back := fake.Authorize(to)
	secrets = append(secrets, back.Get("code"), member(t, flow, "verifier"), member(t, flow, "nonce"), flow.State)
	who, tokens, err := p.Finish(ctx, flow, back)
	if err != nil && (who.Subject != "" || who.Claims != nil || tokens != auth.ProviderTokens{}) {
		t.Errorf("an error comes with %v and %v", who, tokens)
	}
	if err == nil && who.Subject != "ada" {
		t.Errorf("logged in as %v", who)
	}
	return secrets, err
}

// TestAnswerError: errors of a provider are passed on as data.
func TestAnswerError(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	p := newProvider(t, config(fake))
	fake.Fail(authtest.FaultDenied)
	_, _, err := login(t, p, fake)
	answer, ok := errors.AsType[*oidc.AnswerError](err)
	if !ok || answer.Code != "access_denied" || !errors.Is(err, auth.ErrInvalid) {
		t.Fatalf("error is %v", err)
	}
	if want := `auth/oidc: the provider answers "access_denied": "the user said \x1b[31mno"`; err.Error() != want {
		t.Errorf("text is %s", err)
	}
	fake.Fail(authtest.FaultClient)
	if _, _, err = login(t, p, fake); strings.Contains(err.Error(), authtest.ClientSecret) || !strings.Contains(err.Error(), "invalid_client") {
		t.Errorf("text is %v", err)
	}
	flow, _ := begin(t, p, fake)
	long := strings.Repeat("é", 10000)
	_, _, err = p.Finish(t.Context(), flow, url.Values{"state": {flow.State}, "iss": {fake.Issuer()}, "error": {long}, "error_description": {long}})
	if answer, ok = errors.AsType[*oidc.AnswerError](err); !ok || len(answer.Code) > 64 || len(answer.Description) > 256 || !errors.Is(err, auth.ErrUnavailable) {
		t.Errorf("a long answer: %.80v", err)
	}
}

// TestCallback is the part of case A-60 that needs no database.
func TestCallback(t *testing.T) {
	t.Parallel()
	fake := authtest.NewProvider(t)
	p := newProvider(t, config(fake))
	own, back := begin(t, p, fake)
	other, theirs := begin(t, p, fake)
	with := func(name string, values ...string) url.Values {
		out := url.Values{}
		for key, value := range back {
			out[key] = slices.Clone(value)
		}
		out[name] = values
		return out
	}
	verifier := member(t, other, "verifier")
	for _, tt := range []struct {
		name   string
		flow   auth.Flow
		values url.Values
	}{
		{"NoFlow", auth.Flow{}, back},
		{"NoFlowNoState", auth.Flow{}, url.Values{"code": back["code"]}},
		{"OfAnotherBrowser", other, back},
		{"AnswerOfAnother", own, theirs},
		{"OfAnotherProvider", changed(t, own, map[string]any{"provider": "google"}), back},
		{"Ended", changed(t, own, map[string]any{"ends": time.Now().Add(-time.Second).Unix()}), back},
		{"EndsLate", changed(t, own, map[string]any{"ends": time.Now().Add(time.Hour).Unix()}), back},
		{"EmptyState", changed(t, own, map[string]any{"state": ""}), with("state", "")},
		{"Nothing", own, nil},
		{"NoCode", own, with("code")},
		{"EmptyCode", own, with("code", "")},
		{"TwoCodes", own, with("code", "a", "b")},
		{"LongCode", own, with("code", strings.Repeat("x", 5000))},
		{"TwoStates", own, with("state", own.State, own.State)},
		{"ErrorToo", own, with("error", "server_error")},
		{"EmptyIss", own, with("iss", "")},
		{"IssWithSlash", own, with("iss", fake.Issuer()+"/")},
		{"TwoIss", own, with("iss", fake.Issuer(), fake.Issuer())},
		{"UnknownCode", own, with("code", "x")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := p.Finish(t.Context(), tt.flow, tt.values); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("error is %v", err)
			}
		})
	}
	if _, _, err := p.Finish(t.Context(), own, back); err != nil {
		t.Errorf("the login itself: %v", err)
	}
	if _, _, err := p.Finish(t.Context(), own, back); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("the same answer again: %v", err)
	}
	own, back = begin(t, p, fake)
	if _, _, err := p.Finish(t.Context(), changed(t, own, map[string]any{"verifier": verifier}), back); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("another verifier: %v", err)
	}
	own, back = begin(t, p, fake)
	if _, _, err := p.Finish(t.Context(), changed(t, own, map[string]any{"redirect_uri": "https://evil.example/"}), back); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("another redirect URI: %v", err)
	}
	own, back = begin(t, p, fake)
	if _, _, err := p.Finish(t.Context(), changed(t, own, map[string]any{"nonce": "x"}), back); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("another nonce: %v", err)
	}
}

package application_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestDevelopmentSecrets: what development makes for itself is kept in its database,
// and is another one in another.
func TestDevelopmentSecrets(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	s := apptest.SignUp(t, apptest.Handler(t, config))
	again := apptest.Handler(t, config)
	if w := apptest.Do(t, again, http.MethodGet, "/who", "", "Authorization", "Bearer "+s.Access); w.Body.String() != s.User.ID {
		t.Errorf("a token of before the restart: %d %s", w.Code, w.Body)
	}
	refresh := `{"refresh_token":"` + s.Refresh + `"}`
	if w := apptest.Do(t, again, http.MethodPost, "/auth/v1/token?grant_type=refresh_token", refresh); w.Code != http.StatusOK {
		t.Errorf("a refresh token of before the restart: %d %s", w.Code, w.Body)
	}
	other := apptest.Handler(t, apptest.Config(t))
	if w := apptest.Do(t, other, http.MethodPost, "/auth/v1/token?grant_type=refresh_token", refresh); w.Code != http.StatusBadRequest {
		t.Errorf("a refresh token of another database: %d %s", w.Code, w.Body)
	}
	if w := apptest.Do(t, other, http.MethodGet, "/who", "", "Authorization", "Bearer "+s.Access); w.Code != http.StatusUnauthorized {
		t.Errorf("a token of another database: %d %s", w.Code, w.Body)
	}
}

// TestTwoIssuers: tokens of accounts and of another issuer are taken, each for its own,
// and what one refuses the other does not make good.
func TestTwoIssuers(t *testing.T) {
	t.Parallel()
	const secret = "0123456789abcdefghijklmnopqrstuvwxyz"
	key, err := jwt.SecretKey("", []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	mint := func(at time.Time) string {
		signer, err := jwt.NewSigner(jwt.SignerConfig{Issuer: "elsewhere", Audience: "notes", Key: key, Now: func() time.Time { return at }})
		if err != nil {
			t.Fatal(err)
		}
		token, err := signer.Sign(auth.Principal{Kind: auth.User, ID: "bob"}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	config := apptest.Config(t)
	config.InsecureDevelopment = true
	config.Keys = auth.Keys{Publishable: []string{auth.NewPublishableKey()}, Secret: []string{auth.NewSecretKey()}}
	config.JWTSecret, config.JWTIssuer, config.JWTAudience = secret, "elsewhere", "notes"
	h := apptest.Handler(t, config)
	publishable := config.Keys.Publishable[0]
	s := apptest.SignUp(t, h, "Apikey", publishable)
	ended := signIn(t, h, publishable)
	if w := apptest.Do(t, h, http.MethodPost, "/auth/v1/logout?scope=local", "", "Apikey", publishable, "Authorization", "Bearer "+ended.Access); w.Code != http.StatusNoContent {
		t.Fatalf("sign out: %d %s", w.Code, w.Body)
	}
	for name, tt := range map[string]struct {
		key, token string
		status     int
		want       string // in the answer
	}{
		"accounts":                 {publishable, s.Access, http.StatusOK, s.User.ID},
		"elsewhere":                {publishable, mint(time.Now()), http.StatusOK, "bob"},
		"nobody":                   {publishable, "", http.StatusOK, ""},
		"neither":                  {publishable, "e30.e30.e30", http.StatusUnauthorized, "PGRST301"},
		"a session that has ended": {publishable, ended.Access, http.StatusUnauthorized, "PGRST301"},
		"elsewhere, expired":       {publishable, mint(time.Now().Add(-time.Hour)), http.StatusUnauthorized, "PGRST303"},
		"elsewhere, unknown key":   {auth.NewPublishableKey(), mint(time.Now()), http.StatusUnauthorized, "PGRST301"},
		"secret key, bad token":    {config.Keys.Secret[0], "e30.e30.e30", http.StatusUnauthorized, "PGRST301"},
		"secret key, own token":    {config.Keys.Secret[0], s.Access, http.StatusOK, s.User.ID},
	} {
		headers := []string{"Apikey", tt.key}
		if tt.token != "" {
			headers = append(headers, "Authorization", "Bearer "+tt.token)
		}
		if w := apptest.Do(t, h, http.MethodGet, "/who", "", headers...); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: %d %s, want %d with %q", name, w.Code, w.Body, tt.status, tt.want)
		}
	}
	// On the accounts' own surface only their tokens count.
	if w := apptest.Do(t, h, http.MethodGet, "/auth/v1/user", "", "Apikey", publishable, "Authorization", "Bearer "+mint(time.Now())); w.Code != http.StatusUnauthorized {
		t.Errorf("a user of elsewhere has an account: %d %s", w.Code, w.Body)
	}
}

// TestUntypedTokens: a token whose typ is not at+jwt is refused with its reason, in
// development also in the answer, unless the setting takes it; other types never pass.
func TestUntypedTokens(t *testing.T) {
	t.Parallel()
	const secret = "0123456789abcdefghijklmnopqrstuvwxyz"
	mint := func(header string) string {
		payload := fmt.Sprintf(`{"iss":"https://x.supabase.co/auth/v1","aud":"authenticated","sub":"bob","role":"authenticated","aal":"aal1","is_anonymous":false,"exp":%d}`, time.Now().Add(time.Minute).Unix())
		text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	config := apptest.Config(t)
	var log bytes.Buffer
	config.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	config.DisableAccessLog = true
	config.JWTSecret, config.JWTIssuer, config.JWTAudience = secret, "https://x.supabase.co/auth/v1", "authenticated"
	strict := apptest.Handler(t, config)
	config.DatabaseURL, config.InsecureJWTUntyped, config.DisableAccounts = filepath.Join(t.TempDir(), "other.db"), true, true
	loose := apptest.Handler(t, config)
	for header, want := range map[string]struct{ strict, loose int }{
		`{"alg":"HS256","typ":"at+jwt"}`:           {200, 200},
		`{"alg":"HS256","typ":"at+jwt","kid":"a"}`: {200, 200},
		`{"alg":"HS256","typ":"JWT"}`:              {401, 200},
		`{"alg":"HS256","typ":"JWT","kid":"a"}`:    {401, 200},
		`{"alg":"HS256"}`:                          {401, 200},
		`{"alg":"HS256","typ":"logout+jwt"}`:       {401, 401},
		`{"alg":"none","typ":"JWT"}`:               {401, 401},
	} {
		token := mint(header)
		for name, tt := range map[string]struct {
			h    http.Handler
			want int
		}{"strict": {strict, want.strict}, "loose": {loose, want.loose}} {
			if w := apptest.Do(t, tt.h, http.MethodGet, "/who", "", "Authorization", "Bearer "+token); w.Code != tt.want || w.Code == 200 && w.Body.String() != "bob" {
				t.Errorf("%s: %s: %d %s, want %d", name, header, w.Code, w.Body, tt.want)
			}
		}
		log.Reset()
		w := apptest.Do(t, strict, http.MethodGet, "/rest/v1/nothing", "", "Authorization", "Bearer "+token)
		if want.strict != w.Code && w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", header, w.Code, w.Body)
		}
		const reason = "as one of another issuer: auth/jwt: typ is not at+jwt"
		refused := want.strict == http.StatusUnauthorized
		if told := strings.Contains(w.Body.String(), reason); told != refused {
			t.Errorf("%s: the answer has the reason: %v: %s", header, told, w.Body)
		}
		if told := strings.Contains(log.String(), reason); told != refused {
			t.Errorf("%s: the log has the reason: %v: %s", header, told, &log)
		}
		if strings.Contains(log.String(), token[:20]) {
			t.Errorf("the log has the token: %s", &log)
		}
	}
	alone := apptest.Config(t)
	alone.InsecureJWTUntyped = true
	if _, err := plinth.New(t.Context(), alone); err == nil || !strings.Contains(err.Error(), "PLINTH_INSECURE_JWT_UNTYPED") {
		t.Errorf("the setting alone: %v", err)
	}
}

func signIn(t *testing.T, h http.Handler, key string) (s apptest.Session) {
	t.Helper()
	w := apptest.Do(t, h, http.MethodPost, "/auth/v1/token?grant_type=password", `{"email":"ann@example.org","password":"a good password"}`, "Apikey", key)
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || s.Access == "" {
		t.Fatalf("log in: %d %s", w.Code, w.Body)
	}
	return s
}

// TestOwnAuthenticator: one of the application's knows callers where nothing else does.
func TestOwnAuthenticator(t *testing.T) {
	t.Parallel()
	config := apptest.Config(t)
	config.Authenticator = auth.AuthenticatorFunc(func(r *http.Request) (auth.Principal, error) {
		switch name := r.Header.Get("X-Gateway-User"); name {
		case "":
			return auth.Principal{}, nil
		case "eve":
			return auth.Principal{}, auth.ErrInvalid
		default:
			return auth.Principal{Kind: auth.User, ID: name}, nil
		}
	})
	h := apptest.Handler(t, config)
	s := apptest.SignUp(t, h)
	for name, tt := range map[string]struct {
		token, gateway string
		status         int
		want           string
	}{
		"nobody":         {"", "", http.StatusOK, ""},
		"gateway":        {"", "ada", http.StatusOK, "ada"},
		"refused by it":  {"", "eve", http.StatusUnauthorized, "PGRST301"},
		"session before": {"Bearer " + s.Access, "ada", http.StatusOK, s.User.ID},
		"no way around":  {"Bearer e30.e30.e30", "ada", http.StatusUnauthorized, "PGRST301"},
	} {
		headers := []string{"X-Gateway-User", tt.gateway}
		if tt.token != "" {
			headers = append(headers, "Authorization", tt.token)
		}
		if w := apptest.Do(t, h, http.MethodGet, "/who", "", headers...); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: %d %s, want %d with %q", name, w.Code, w.Body, tt.status, tt.want)
		}
	}
	if w := apptest.Do(t, h, http.MethodGet, "/auth/v1/user", "", "X-Gateway-User", s.User.ID); w.Code != http.StatusUnauthorized {
		t.Errorf("whom a gateway knows has an account: %d %s", w.Code, w.Body)
	}
}

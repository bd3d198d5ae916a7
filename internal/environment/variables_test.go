package environment_test

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api/mail"
)

// TestFromEnv sets each variable in turn: it is the field that it is said to be, and no
// other one. What cannot be read is in TestServerConfiguration and TestA53.
func TestFromEnv(t *testing.T) {
	type variable struct {
		name, value string
		becomes     func(c *plinth.Config)
	}
	variables := []variable{
		{"PLINTH_ADDR", ":8091", func(c *plinth.Config) { c.Addr = ":8091" }},
		{"PLINTH_DATABASE_URL", "notes.db", func(c *plinth.Config) { c.DatabaseURL = "notes.db" }},
		{"PLINTH_PUBLIC_URL", "https://notes.example", func(c *plinth.Config) { c.PublicURL = "https://notes.example" }},
		{"PLINTH_PUBLISHABLE_KEYS", "new, old,", func(c *plinth.Config) { c.Keys.Publishable = []string{"new", "old"} }},
		{"PLINTH_SECRET_KEYS", "new,old", func(c *plinth.Config) { c.Keys.Secret = []string{"new", "old"} }},
		{"PLINTH_MASTER_KEYS", "0a0B, bmV3IG9uZQ==, b2xk", func(c *plinth.Config) {
			c.Accounts.MasterKeys = [][]byte{{0x0a, 0x0b}, []byte("new one"), []byte("old")}
		}},
		{"PLINTH_SITE_URL", "https://app.example", func(c *plinth.Config) { c.Accounts.SiteURL = "https://app.example" }},
		{"PLINTH_REDIRECT_URLS", "https://app.example/*, com.example.notes://login", func(c *plinth.Config) {
			c.Accounts.RedirectURLs = []string{"https://app.example/*", "com.example.notes://login"}
		}},
		{"PLINTH_DISABLE_ACCOUNTS", "1", func(c *plinth.Config) { c.DisableAccounts = true }},
		{"PLINTH_DISABLE_ACCOUNTS", "0", func(*plinth.Config) {}},
		{"PLINTH_JWT_SECRET", "secret", func(c *plinth.Config) { c.JWTSecret = "secret" }},
		{"PLINTH_JWT_ISSUER", "issuer", func(c *plinth.Config) { c.JWTIssuer = "issuer" }},
		{"PLINTH_JWT_AUDIENCE", "audience", func(c *plinth.Config) { c.JWTAudience = "audience" }},
		{"PLINTH_INSECURE_JWT_UNTYPED", "1", func(c *plinth.Config) { c.InsecureJWTUntyped = true }},
		{"PLINTH_SCHEMA", "verify", func(c *plinth.Config) { c.Schema = plinth.SchemaVerify }},
		{"PLINTH_CORS_ORIGINS", "https://a.example,https://b.example", func(c *plinth.Config) {
			c.CORS.Origins = []string{"https://a.example", "https://b.example"}
		}},
		{"PLINTH_SLOW_STATEMENT", "250ms", func(c *plinth.Config) { c.SlowStatement = 250 * time.Millisecond }},
		{"PLINTH_SLOW_STATEMENT", "off", func(c *plinth.Config) { c.SlowStatement = -1 }},
		{"PLINTH_TRUSTED_PROXIES", "10.1.2.3, 192.168.7.7/16, 2001:db8::1", func(c *plinth.Config) {
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.1.2.3/32"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("2001:db8::1/128")}
		}},
		{"PLINTH_FORWARDED_HEADER", "X-Real-IP", func(c *plinth.Config) { c.ForwardedHeader = "X-Real-IP" }},
		{"PLINTH_RATE_ADDRESS", "700/2m", func(c *plinth.Config) { c.Rates.Address = plinth.Rate{Requests: 700, Per: 2 * time.Minute} }},
		{"PLINTH_RATE_ADDRESS", "off", func(c *plinth.Config) { c.Rates.Address = plinth.Rate{Requests: -1} }},
		{"PLINTH_RATE_CALLER", "600/1h", func(c *plinth.Config) { c.Rates.Caller = plinth.Rate{Requests: 600, Per: time.Hour} }},
		{"PLINTH_MAX_REQUESTS", "7", func(c *plinth.Config) { c.MaxRequests = 7 }},
		{"PLINTH_REQUEST_TIMEOUT", "8s", func(c *plinth.Config) { c.RequestTimeout = 8 * time.Second }},
		{"PLINTH_TLS_CERT_FILE", "cert.pem", func(c *plinth.Config) { c.TLS.CertFile = "cert.pem" }},
		{"PLINTH_TLS_KEY_FILE", "key.pem", func(c *plinth.Config) { c.TLS.KeyFile = "key.pem" }},
		{"PLINTH_ACME_DOMAINS", "a.example, b.example", func(c *plinth.Config) { c.TLS.ACMEDomains = []string{"a.example", "b.example"} }},
		{"PLINTH_ACME_CACHE", "certificates", func(c *plinth.Config) { c.TLS.ACMECache = "certificates" }},
		{"PLINTH_ACME_EMAIL", "ann@notes.example", func(c *plinth.Config) { c.TLS.ACMEEmail = "ann@notes.example" }},
		{"PLINTH_ACME_DIRECTORY", "https://acme.example", func(c *plinth.Config) { c.TLS.ACMEDirectory = "https://acme.example" }},
		{"PLINTH_HTTP_ADDR", ":80", func(c *plinth.Config) { c.TLS.HTTPAddr = ":80" }},
		{"PLINTH_OPS_ADDR", "127.0.0.1:9090", func(c *plinth.Config) { c.OpsAddr = "127.0.0.1:9090" }},
		{"PLINTH_DRAIN_DELAY", "6s", func(c *plinth.Config) { c.DrainDelay = 6 * time.Second }},
		{"PLINTH_DRAIN_DELAY", "0s", func(c *plinth.Config) { c.DrainDelay = -1 }}, // zero is the default
		{"PLINTH_DRAIN_TIMEOUT", "9s", func(c *plinth.Config) { c.DrainTimeout = 9 * time.Second }},
		{"PLINTH_JOBS_OFF", "1", func(c *plinth.Config) { c.Jobs.Off = true }},
		{"PLINTH_JOBS_WORKERS", "5", func(c *plinth.Config) { c.Jobs.Workers = 5 }},
		{"PLINTH_HIDE_DOCUMENTS", "1", func(c *plinth.Config) { c.API.HideDocuments = true }},
		{"PLINTH_INSECURE_DEVELOPMENT", "true", func(c *plinth.Config) { c.InsecureDevelopment = true }},
	}
	told := map[string]bool{"PLINTH_SMTP_URL": true, "PLINTH_MAIL_FROM": true, "PLINTH_LOG": true} // below
	for _, v := range variables {
		told[v.name] = true
	}
	names := documented(t)
	for _, name := range names {
		t.Setenv(name, "")
		if !told[name] {
			t.Errorf("this test does not know what %s becomes", name)
		}
	}
	if len(names) != len(told) {
		t.Errorf("%d variables are documented, %d known here", len(names), len(told))
	}
	for _, v := range variables {
		t.Run(v.name+"="+v.value, func(t *testing.T) {
			want := plinth.FromEnv()
			v.becomes(&want)
			t.Setenv(v.name, v.value)
			got := plinth.FromEnv()
			for field := range reflect.TypeFor[plinth.Config]().Fields() {
				if !field.IsExported() {
					continue
				}
				if got, want := reflect.ValueOf(got).FieldByIndex(field.Index), reflect.ValueOf(want).FieldByIndex(field.Index); !same(got, want) {
					t.Errorf("%s is %+v, want %+v", field.Name, got, want)
				}
			}
		})
	}
}

// documented returns the variables that the comment of FromEnv has.
func documented(t *testing.T) (names []string) {
	t.Helper()
	source, err := os.ReadFile("../../environment.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^//\t(PLINTH_\w+) `).FindAllStringSubmatch(string(source), -1) {
		names = append(names, m[1])
	}
	return names
}

// TestFromEnvMailer: mails are sent by the server and from whom the environment says.
func TestFromEnvMailer(t *testing.T) {
	t.Setenv("PLINTH_SMTP_URL", "smtps://app:x@mail.example:4650")
	t.Setenv("PLINTH_MAIL_FROM", "Notes <accounts@notes.example>")
	mailer, ok := plinth.FromEnv().Accounts.Mailer.(*mail.SMTP)
	if !ok {
		t.Fatal("nobody sends mails")
	}
	for _, want := range []string{"mail.example", "4650", "accounts@notes.example"} {
		if text := fmt.Sprintf("%+v", mailer); !strings.Contains(text, want) {
			t.Errorf("%s does not reach who sends mails: %s", want, text)
		}
	}
}

// TestFromEnvLog: lines are text unless the environment says something else.
func TestFromEnvLog(t *testing.T) {
	for form, want := range map[string]struct{ json, ecs bool }{"": {}, "text": {}, "json": {json: true}, "ecs": {json: true, ecs: true}} {
		t.Setenv("PLINTH_LOG", form)
		config, json := plinth.FromEnv(), false
		if config.Logger != nil {
			_, json = config.Logger.Handler().(*slog.JSONHandler)
		}
		if json != want.json || config.LogECS != want.ecs || config.Logger != nil && !json {
			t.Errorf("%q: JSON %t, ECS %t, %v", form, json, config.LogECS, config.Logger)
		}
	}
}

// same compares settings; of functions there is nothing but where they are.
func same(a, b reflect.Value) bool {
	if a.Kind() == reflect.Func {
		return a.Pointer() == b.Pointer()
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

package application_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/apptest"
)

// TestA53 (security list A-53): production starts with what is right, and with each
// setting in turn wrong it refuses, in one line that names the setting.
func TestA53(t *testing.T) {
	if err := apptest.Start(t, apptest.Production(t)); err != nil {
		t.Fatalf("what is right: %v", err)
	}
	type change struct {
		wrong map[string]string
		want  string // in the line, the variable where empty
	}
	var changes []change
	one := func(name, value string) {
		changes = append(changes, change{wrong: map[string]string{name: value}, want: strings.TrimPrefix(name, "PLINTH_")})
	}
	weak := []string{"secret", "changeme", strings.Repeat("x", 40), strings.Repeat("ab", 32)}
	for _, name := range []string{"PLINTH_JWT_SECRET", "PLINTH_MASTER_KEYS"} {
		for _, value := range weak {
			one(name, value)
		}
	}
	for _, value := range weak {
		one("PLINTH_MASTER_KEYS", base64.StdEncoding.EncodeToString([]byte(value)))
		one("PLINTH_MASTER_KEYS", apptest.Production(t)["PLINTH_MASTER_KEYS"]+","+fmt.Sprintf("%x", value))
		one("PLINTH_SECRET_KEYS", "sb_secret_"+value)
		one("PLINTH_PUBLISHABLE_KEYS", "sb_publishable_"+value)
	}
	one("PLINTH_JWT_SECRET", "super-secret-jwt-token-with-at-least-32-characters-long")
	for _, name := range []string{"PLINTH_MASTER_KEYS", "PLINTH_JWT_SECRET", "PLINTH_JWT_ISSUER", "PLINTH_JWT_AUDIENCE", "PLINTH_PUBLIC_URL"} {
		one(name, "")
	}
	for _, value := range []string{"http://notes.example", "notes.example", "https://", "https://user@notes.example", "https://notes.example?x=1", "https://bücher.example"} {
		one("PLINTH_PUBLIC_URL", value)
		one("PLINTH_SITE_URL", value)
	}
	for _, value := range []string{"http://app.example/login", "https://app.example/*, http://app.example/*", "//app.example", "app.example"} {
		one("PLINTH_REDIRECT_URLS", value)
	}
	for _, value := range []string{"mail.example", "http://mail.example", "smtp://", "smtp://mail.example:x", "smtp://mail.example/path", "smtp://[x"} {
		one("PLINTH_SMTP_URL", value)
	}
	one("PLINTH_MAIL_FROM", "")
	one("PLINTH_MAIL_FROM", "nobody")
	one("PLINTH_SCHEMA", "auto")
	one("PLINTH_INSECURE_DEVELOPMENT", "yes")
	changes = append(changes,
		change{map[string]string{"PLINTH_INSECURE_DEVELOPMENT": "1", "PLINTH_PUBLIC_URL": ""}, "InsecureDevelopment"},
		change{map[string]string{"PLINTH_INSECURE_DEVELOPMENT": "1", "PLINTH_ADDR": "127.0.0.1:0"}, "InsecureDevelopment"},
		change{map[string]string{"PLINTH_PUBLISHABLE_KEYS": "", "PLINTH_SECRET_KEYS": ""}, "PLINTH_PUBLISHABLE_KEYS"},
		change{map[string]string{"PLINTH_PUBLIC_URL": "", "PLINTH_ADDR": "127.0.0.1:0"}, "PLINTH_PUBLIC_URL"}, // who has keys does not develop
	)
	for _, c := range changes {
		t.Run(fmt.Sprint(c.wrong), func(t *testing.T) {
			env := apptest.Production(t)
			maps.Copy(env, c.wrong)
			err := apptest.Start(t, env)
			if err == nil {
				t.Fatal("it starts")
			}
			line := strings.ToLower(err.Error())
			names := []string{strings.ToLower(c.want), strings.ToLower(strings.ReplaceAll(c.want, "_", ""))}
			if strings.Contains(line, "\n") || !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(line, name) }) {
				t.Errorf("want one line about %s, got\n%s", c.want, err)
			}
			for _, secret := range c.wrong {
				if len(secret) >= 32 && strings.Contains(err.Error(), secret) {
					t.Errorf("the line tells the secret: %s", err)
				}
			}
		})
	}
}

// TestDisableAccounts: without accounts nothing of theirs is needed, and nothing there.
func TestDisableAccounts(t *testing.T) {
	env := apptest.Production(t)
	env["PLINTH_DISABLE_ACCOUNTS"], env["PLINTH_MASTER_KEYS"], env["PLINTH_SITE_URL"], env["PLINTH_REDIRECT_URLS"] = "1", "", "", ""
	if err := apptest.Start(t, env); err != nil {
		t.Error(err)
	}
	app, err := plinth.New(t.Context(), plinth.FromEnv())
	if err != nil {
		t.Fatal(err)
	}
	defer app.DB().Close() // nothing was written
	if _, err := app.Handler(t.Context()); err != nil || app.Accounts() != nil || app.DB().TableNamed("auth_users") != nil {
		t.Errorf("accounts %v, %v", app.Accounts(), err)
	}
}

// TestServerConfiguration: what cannot be is refused in one line that names the variable.
func TestServerConfiguration(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"PLINTH_TRUSTED_PROXIES": "0.0.0.0/0"}, "PLINTH_TRUSTED_PROXIES"},
		{map[string]string{"PLINTH_TRUSTED_PROXIES": "::/0"}, "PLINTH_TRUSTED_PROXIES"},
		{map[string]string{"PLINTH_TRUSTED_PROXIES": "balancer"}, "PLINTH_TRUSTED_PROXIES"},
		{map[string]string{"PLINTH_TLS_CERT_FILE": "cert.pem"}, "PLINTH_TLS_KEY_FILE"},
		{map[string]string{"PLINTH_TLS_CERT_FILE": "a", "PLINTH_TLS_KEY_FILE": "b", "PLINTH_ACME_DOMAINS": "notes.example", "PLINTH_ACME_CACHE": "c"}, "PLINTH_ACME_DOMAINS"},
		{map[string]string{"PLINTH_ACME_DOMAINS": "notes.example"}, "PLINTH_ACME_CACHE"},
		{map[string]string{"PLINTH_ACME_EMAIL": "ann@notes.example"}, "PLINTH_ACME_DOMAINS"},
		{map[string]string{"PLINTH_HTTP_ADDR": ":80"}, "PLINTH_HTTP_ADDR"},
		{map[string]string{"PLINTH_CORS_ORIGINS": "https://app.example/"}, "PLINTH_CORS_ORIGINS"},
		{map[string]string{"PLINTH_CORS_ORIGINS": "*"}, "PLINTH_CORS_ORIGINS"},
		{map[string]string{"PLINTH_LOG": "loud"}, "PLINTH_LOG"},
		{map[string]string{"PLINTH_RATE_ADDRESS": "600"}, "PLINTH_RATE_ADDRESS"},
		{map[string]string{"PLINTH_RATE_CALLER": "0/1m"}, "PLINTH_RATE_CALLER"},
		{map[string]string{"PLINTH_RATE_ADDRESS": "600/1ns"}, "PLINTH_RATE_ADDRESS"},
		{map[string]string{"PLINTH_RATE_CALLER": "600/25h"}, "PLINTH_RATE_CALLER"},
		{map[string]string{"PLINTH_FORWARDED_HEADER": "X-Real-IP "}, "PLINTH_FORWARDED_HEADER"},
		{map[string]string{"PLINTH_MAX_REQUESTS": "many"}, "PLINTH_MAX_REQUESTS"},
		{map[string]string{"PLINTH_REQUEST_TIMEOUT": "0s"}, "PLINTH_REQUEST_TIMEOUT"},
		{map[string]string{"PLINTH_SLOW_STATEMENT": "0s"}, "PLINTH_SLOW_STATEMENT"},
		{map[string]string{"PLINTH_SLOW_STATEMENT": "never"}, "PLINTH_SLOW_STATEMENT"},
		{map[string]string{"PLINTH_DRAIN_DELAY": "5"}, "PLINTH_DRAIN_DELAY"},
		{map[string]string{"PLINTH_DRAIN_TIMEOUT": "-5s"}, "PLINTH_DRAIN_TIMEOUT"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			env := apptest.Production(t)
			for name, value := range tt.env {
				env[name] = value
			}
			err := apptest.Start(t, env)
			if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v: %v", tt.env, err)
			}
		})
	}
	env := apptest.Production(t)
	env["PLINTH_TRUSTED_PROXIES"], env["PLINTH_DRAIN_DELAY"], env["PLINTH_OPS_ADDR"] = "10.1.2.3, 192.168.0.0/16,fd00::/8", "0s", "127.0.0.1:9100"
	if err := apptest.Start(t, env); err != nil {
		t.Error(err)
	}
}

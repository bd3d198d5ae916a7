package auth_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

func TestGeneratedKeysAreValid(t *testing.T) {
	t.Parallel()

	keys := auth.Keys{
		Publishable: []string{auth.NewPublishableKey(), auth.NewPublishableKey()},
		Secret:      []string{auth.NewSecretKey(), auth.NewSecretKey()},
	}
	if err := keys.Validate(); err != nil {
		t.Error(err)
	}
}

// jwtKey returns a key of a hosted Supabase, with a signature of so many bytes.
func jwtKey(role string, signature int) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + part([]byte(`{"iss":"supabase","ref":"abc","role":"`+role+`","iat":1600000000,"exp":1600000001}`)) +
		"." + part(bytes.Repeat([]byte{7}, signature))
}

func TestKeysValidate(t *testing.T) {
	t.Parallel()

	const random = "k3j5h2g8f4d6s1a9q7w0e5"
	tests := []struct {
		name string
		keys auth.Keys
		want string // part of the error; empty is valid
	}{
		{"Zero", auth.Keys{}, ""},
		{"Shortest", auth.Keys{Secret: []string{"sb_secret_" + random}}, ""},
		{"TooShort", auth.Keys{Secret: []string{"sb_secret_" + random[1:]}}, "secret key 1 needs 22"},
		{"TooLong", auth.Keys{Secret: []string{"sb_secret_" + strings.Repeat(random, 6)}}, "to 128"},
		{"Empty", auth.Keys{Publishable: []string{""}}, "publishable key 1 does not begin"},
		{"SecretInThePublicList", auth.Keys{Publishable: []string{"sb_secret_" + random}}, "sb_publishable_"},
		{"PublicInTheSecretList", auth.Keys{Secret: []string{"sb_publishable_" + random}}, "sb_secret_"},
		{"JWT", auth.Keys{Secret: []string{"eyJhbGciOiJIUzI1NiJ9.e30.c2ln"}}, "without the role service_role"},
		{"JWTs", auth.Keys{Publishable: []string{jwtKey("anon", 32)}, Secret: []string{jwtKey("service_role", 64)}}, ""},
		{"JWTOfServicePublished", auth.Keys{Publishable: []string{jwtKey("service_role", 32)}}, "publishable key 1 is a JWT without the role anon"},
		{"JWTOfAnonSecret", auth.Keys{Secret: []string{jwtKey("anon", 32)}}, "secret key 1 is a JWT without the role service_role"},
		{"JWTOfUser", auth.Keys{Secret: []string{jwtKey("authenticated", 32)}}, "without the role"},
		{"JWTUnsigned", auth.Keys{Secret: []string{jwtKey("service_role", 0)}}, "without a signature"},
		{"JWTShortSignature", auth.Keys{Secret: []string{jwtKey("service_role", 31)}}, "without a signature"},
		{"JWTUnreadable", auth.Keys{Secret: []string{"eyJhbGciOiJIUzI1NiJ9.!.c2ln"}}, "cannot be read"},
		{"JWTTwice", auth.Keys{Publishable: []string{jwtKey("anon", 32), jwtKey("anon", 32)}}, "key 2 occurs twice"},
		{"Twice", auth.Keys{Secret: []string{"sb_secret_" + random, "sb_secret_" + random}}, "key 2 occurs twice"},
		{"Placeholder", auth.Keys{Secret: []string{"sb_secret_" + strings.Repeat("x", 30)}}, "not random"},
		{"Space", auth.Keys{Secret: []string{"sb_secret_" + random + " "}}, "a character"},
		{"Dot", auth.Keys{Secret: []string{"sb_secret_" + random + "."}}, "a character"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			err := tt.keys.Validate()
			if _, ringErr := auth.NewKeyring(tt.keys); fmt.Sprint(ringErr) != fmt.Sprint(err) {
				t.Errorf("NewKeyring says %v, Validate %v", ringErr, err)
			}
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error is %v, want one with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), random[1:]) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

func TestKeysAreNeverPrinted(t *testing.T) {
	t.Parallel()

	keys := auth.Keys{Publishable: []string{auth.NewPublishableKey()}, Secret: []string{auth.NewSecretKey()}}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "keys", keys)
	for _, out := range []string{
		log.String(), fmt.Sprint(keys), fmt.Sprintf("%+v", keys), fmt.Sprintf("%#v", keys),
		fmt.Sprintf("%q", keys), fmt.Sprintf("%v", struct{ K auth.Keys }{keys}),
	} {
		if strings.Contains(out, keys.Secret[0]) || !strings.Contains(out, "1 secret") {
			t.Errorf("printed as %s", out)
		}
	}
}

package environment

import (
	"reflect"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/mail"
)

// TestSMTPConfig reads addresses of mail servers; those that are wrong are in TestA53.
func TestSMTPConfig(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]mail.SMTPConfig{
		"smtp://mail.example":                     {Host: "mail.example"},
		"smtp://app:a%2Fb%40c@mail.example:2525/": {Host: "mail.example", Port: 2525, Username: "app", Password: "a/b@c"},
		"smtps://app:x@mail.example":              {Host: "mail.example", Username: "app", Password: "x", ImplicitTLS: true},
		"smtp://127.0.0.1:1025":                   {Host: "127.0.0.1", Port: 1025, InsecurePlain: true},
		"smtp://localhost.example:25":             {Host: "localhost.example", Port: 25},
	} {
		if got, err := smtpConfig(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v, want %+v", text, got, err, want)
		}
	}
}

package auth_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth"
)

// problem is how the error exit looks at an error.
type problem interface {
	error
	Problem() string
}

// outside returns what a client learns of an error: its code and public text.
func outside(t *testing.T, err error) string {
	t.Helper()
	p, ok := errors.AsType[problem](err)
	if !ok {
		t.Fatalf("error %v has no code", err)
	}
	return p.Problem() + " " + p.Error()
}

func TestErrorCodes(t *testing.T) {
	t.Parallel()

	tests := []struct {
		err  error
		want string
	}{
		{auth.ErrInvalid, "PGRST301"},
		{auth.ErrExpired, "PGRST303"},
		{auth.ErrCrossOrigin, "PL403"},
		{auth.ErrUnavailable, "PL503"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()

			wrapped := fmt.Errorf("a reason for the log: %w", tt.err)
			p, ok := errors.AsType[problem](wrapped)
			if !ok || p.Problem() != tt.want {
				t.Errorf("code of %v is %v, want %s", wrapped, p, tt.want)
			}
			if p.Error() != tt.err.Error() {
				t.Errorf("public text is %q, want %q", p, tt.err)
			}
		})
	}
}

func TestExpiredIsInvalidAndNotTheReverse(t *testing.T) {
	t.Parallel()

	if !errors.Is(auth.ErrExpired, auth.ErrInvalid) || !errors.Is(auth.ErrCrossOrigin, auth.ErrInvalid) {
		t.Error("a special error is no ErrInvalid")
	}
	if errors.Is(auth.ErrInvalid, auth.ErrExpired) || errors.Is(auth.ErrUnavailable, auth.ErrInvalid) {
		t.Error("a general error matches a special one")
	}
}

func TestExpiryHasTheTextThatClientsCompare(t *testing.T) {
	t.Parallel()

	type texter interface {
		error
		ProblemText() (message, details, hint string)
	}
	for err, want := range map[error]string{auth.ErrExpired: "JWT expired", auth.ErrInvalid: "", auth.ErrUnavailable: ""} {
		text, ok := errors.AsType[texter](fmt.Errorf("reason: %w", err))
		if !ok {
			t.Fatalf("%v has no text", err)
		}
		if message, details, hint := text.ProblemText(); message != want || details+hint != "" {
			t.Errorf("%v: clients are told %q %q %q, want %q", err, message, details, hint, want)
		}
	}
}

// coded is an error of another package with a code of its own.
type coded struct{}

func (coded) Error() string   { return "store: not found" }
func (coded) Problem() string { return "PGRST116" }

func TestUnavailableOutranksTheCodeOfItsCause(t *testing.T) {
	t.Parallel()

	v := auth.VerifierFunc(func(context.Context, string) (auth.Principal, error) { return auth.Principal{}, coded{} })
	_, err := auth.Bearer(v).Authenticate(get("Authorization", "Bearer x"))
	if got := outside(t, err); got != "PL503 auth: cannot verify credentials now" {
		t.Errorf("outside sees %q", got)
	}
	if !errors.Is(err, coded{}) {
		t.Errorf("the cause is lost in %v", err)
	}
}

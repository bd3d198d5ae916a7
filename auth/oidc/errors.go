package oidc

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/errtext"
)

// ErrNoEndSession reports a provider without a page to log out at. It is answered with
// 400 as what this server does not have.
var ErrNoEndSession error = noEndSessionError{}

// noEndSessionError is the type of [ErrNoEndSession].
type noEndSessionError struct{}

func (noEndSessionError) Error() string { return "auth/oidc: the provider has no end_session_endpoint" }

// Problem returns the code of the error on the wire.
func (noEndSessionError) Problem() string { return "PGRST127" }

// ProblemText returns message, details and hint for a client.
func (noEndSessionError) ProblemText() (message, details, hint string) {
	return "The provider has no page to log out at.", "", ""
}

// An AnswerError is an error that a provider returns instead of a login (RFC 6749 sections
// 4.1.2.1 and 5.2). It is an [auth.ErrInvalid] where it concerns this login, such as
// access_denied. It is an [auth.ErrUnavailable] where it concerns the provider or this client.
type AnswerError struct {
	// Code is the error, and Description its error_description. They come from the provider or
	// from the author of the URL. They are cut and contain no secrets, but escape them before
	// you put them on a page.
	Code, Description string
}

// Error returns both, quoted.
func (e *AnswerError) Error() string {
	text := "auth/oidc: the provider answers " + quote(e.Code)
	if e.Description != "" {
		text += ": " + quote(e.Description)
	}
	return text
}

// Unwrap returns what the answer means.
func (e *AnswerError) Unwrap() error {
	switch e.Code {
	case "access_denied", "account_selection_required", "consent_required", "interaction_required", "invalid_grant", "login_required", "user_cancelled_authorize",
		"bad_verification_code", "unverified_user_email": // GitHub
		return auth.ErrInvalid
	}
	return auth.ErrUnavailable
}

const (
	maxCode        = 64 // characters of an error
	minSecret      = 8
	maxDescription = 256 // of its description, and of any other text of a provider
)

// newAnswerError cuts what a provider says and takes out of its words what must not
// be repeated.
func newAnswerError(code, description string, secrets ...string) *AnswerError {
	for _, secret := range secrets {
		if len(secret) >= minSecret { // a shorter one is in many words
			description = strings.ReplaceAll(description, secret, "...")
		}
	}
	return &AnswerError{Code: errtext.Cut(code, maxCode), Description: errtext.Cut(description, maxDescription)}
}

// refuse returns the error for a rejected login. The reason is for logs.
func refuse(reason string) error { return fmt.Errorf("auth/oidc: %s: %w", reason, auth.ErrInvalid) }

// unavailable returns the error for a login that could not be verified.
func unavailable(doing string, err error) error {
	if errors.Is(err, auth.ErrUnavailable) {
		return err
	}
	// An error of net/http contains the URL, which does not help here.
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err
	}
	if text := err.Error(); len(text) > maxDescription {
		err = errors.New(quote(text)) // it may repeat what was answered
	}
	return fmt.Errorf("auth/oidc: %s: %w: %w", doing, auth.ErrUnavailable, err)
}

// quote makes a text of others fit for a log.
func quote(text string) string { return strconv.QuoteToASCII(errtext.Cut(text, maxDescription)) }

package data

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// Flow is a login that ends in a browser, by a link of a mail or at a provider, and
// has to come back to the client that began it (RFC 7636).
type Flow struct {
	Challenge string `json:"challenge,omitempty"` // of PKCE; empty is the implicit flow
	Method    string `json:"method,omitempty"`    // s256 or plain
	Redirect  string `json:"redirect,omitempty"`  // where it leads, already allowed
	Cookie    bool   `json:"cookie,omitempty"`    // the client has asked for one, or had one
}

// OfAnother returns a flow that is begun for another user. The client that begins it does not
// decide how the session is returned.
func (f Flow) OfAnother() Flow {
	f.Cookie = false
	return f
}

// Unreserved reports whether a text has the form of a verifier (RFC 7636 section 4.1).
func Unreserved(text string) bool {
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

// Verifies reports whether a client that has a verifier has begun the flow.
func (f *Flow) Verifies(verifier string) bool {
	if !Unreserved(verifier) {
		return false
	}
	got := verifier
	if f.Method != "plain" {
		sum := sha256.Sum256([]byte(verifier))
		got = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return subtle.ConstantTimeCompare([]byte(got), []byte(f.Challenge)) == 1
}

// Arrival is how a user has come to the end of a flow, which its code keeps until
// the client exchanges it.
type Arrival struct {
	Flow   Flow   `json:"flow"`
	How    Method `json:"how"`
	Result []byte `json:"provider_result,omitempty"` // a sealed providerResult
}

package data

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"maps"
	"unicode"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// Login is the state of a login in progress at a provider. It is sealed, since its verifier can
// be exchanged for the user's identity.
type Login struct {
	At      auth.Flow `json:"at"`
	Flow    Flow      `json:"flow"`
	Browser []byte    `json:"browser,omitempty"` // the hash of its cookie
	Link    *Linking  `json:"link,omitempty"`
}

// Linking is an account that gets an identity, and the session that asked for it.
type Linking struct {
	User    store.ID `json:"user"`
	Session store.ID `json:"session"`
}

// SealedLogin is a login in the data of its code.
type SealedLogin struct {
	Sealed []byte `json:"sealed"`
}

// LoginPlace is the place to which a login is sealed. The database alone cannot open it.
func LoginPlace(state string) string { return "auth_codes login " + state }

// ExternalIdentity is the verified result of a login at a provider, as far as it is kept.
type ExternalIdentity struct {
	Provider string `json:"provider"`
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`

	Email  *string `json:"email,omitempty"` // canonical
	Proven bool    `json:"proven,omitempty"`

	Data map[string]any `json:"data"` // what clients see of the identity

	Identity store.ID // which that is, once they were received
}

// Method is how a ExternalIdentity has come who was received.
func (v *ExternalIdentity) Method() Method {
	return Method{Method: methodOAuth, Provider: v.Provider, Identity: v.Identity}
}

// NamesOf are the claims that are kept beside the ones that an identity has fields
// for (OpenID Connect Core 1.0 section 5.1).
var NamesOf = []string{"family_name", "given_name", "nickname", "preferred_username"}

// HasControl reports whether a text has control characters.
func HasControl(text string) bool {
	for _, r := range text {
		if unicode.IsControl(r) {
			return true
		}
	}
	return false
}

// FillMetadata adds to the metadata of a user what a provider says of them and they
// have not said themselves, if there is room for it.
func (v *ExternalIdentity) FillMetadata(metadata store.JSON) (store.JSON, error) {
	known := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(metadata), &known); err != nil {
		return "", err
	}
	said := maps.Clone(v.Data)
	if !v.Proven {
		delete(said, "email") // it would be taken for theirs
	}
	for name, value := range said {
		if _, ok := known[name]; ok {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return "", err
		}
		known[name] = raw
	}
	filled, err := store.JSONOf(known)
	if err != nil || len(filled) > MaxMetadata {
		return metadata, err
	}
	return filled, nil
}

// methodOAuth is a login at a provider, as in the claim amr.
const methodOAuth = "oauth"

// ProviderResult is the result of a login at a provider. The code of its flow keeps it until
// the client exchanges the code.
type ProviderResult struct {
	Access  string `json:"access,omitempty"` // the provider's tokens, for the client
	Refresh string `json:"refresh,omitempty"`

	// Link is the account that gets the identity of External when the flow is
	// exchanged.
	Link     *Linking          `json:"link,omitempty"`
	External *ExternalIdentity `json:"externalIdentity,omitempty"`
}

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
type FlowResult struct {
	Flow   Flow   `json:"flow"`
	How    Method `json:"how"`
	Result []byte `json:"provider_result,omitempty"` // the provider's tokens, sealed
}

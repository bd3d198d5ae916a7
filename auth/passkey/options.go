package passkey

import (
	"encoding/base64"
	"encoding/json"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// creationOptions is PublicKeyCredentialCreationOptionsJSON (section 5.1.8). What
// could be left out is not: supabase-js fills gaps with wishes of its own, as for a
// security key and its attestation.
type creationOptions struct {
	RP          entity       `json:"rp"`
	User        userEntity   `json:"user"`
	Challenge   string       `json:"challenge"`
	Parameters  []parameter  `json:"pubKeyCredParams"`
	Timeout     int64        `json:"timeout"` // milliseconds
	Exclude     []descriptor `json:"excludeCredentials"`
	Selection   selection    `json:"authenticatorSelection"`
	Hints       []string     `json:"hints"`
	Attestation Attestation  `json:"attestation"`
}

// requestOptions is PublicKeyCredentialRequestOptionsJSON (section 5.1.9).
type requestOptions struct {
	Challenge    string       `json:"challenge"`
	Timeout      int64        `json:"timeout"`
	RPID         string       `json:"rpId"`
	Allow        []descriptor `json:"allowCredentials"`
	Verification Requirement  `json:"userVerification"`
	Hints        []string     `json:"hints"`
}

type entity struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type userEntity struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

type parameter struct {
	Type      string `json:"type"`
	Algorithm int    `json:"alg"`
}

type selection struct {
	ResidentKey        Requirement `json:"residentKey"`
	RequireResidentKey bool        `json:"requireResidentKey"` // for Level 1
	UserVerification   Requirement `json:"userVerification"`
}

type descriptor struct {
	Type       string   `json:"type"`
	ID         string   `json:"id"`
	Transports []string `json:"transports,omitempty"`
}

// publicKey is the only type of credentials there is (section 5.8.2).
const publicKey = "public-key"

func (p *RelyingParty) creationOptions(c Ceremony, user User, existing []Credential) (json.RawMessage, error) {
	o := creationOptions{
		RP:          entity{p.config.RPID, p.config.Name},
		User:        userEntity{base64.RawURLEncoding.EncodeToString(user.Handle), user.Name, user.DisplayName},
		Challenge:   c.challenge(),
		Timeout:     p.config.Timeout.Milliseconds(),
		Exclude:     descriptors(existing),
		Selection:   selection{p.config.Discoverable, p.config.Discoverable == Required, p.config.UserVerification},
		Hints:       []string{},
		Attestation: p.config.Attestation,
	}
	for _, a := range algorithms {
		o.Parameters = append(o.Parameters, parameter{publicKey, int(a)})
	}
	return strictjson.Encode(o)
}

func (p *RelyingParty) requestOptions(c Ceremony, allowed []Credential) (json.RawMessage, error) {
	return strictjson.Encode(requestOptions{
		Challenge: c.challenge(), Timeout: p.config.Timeout.Milliseconds(), RPID: p.config.RPID,
		Allow: descriptors(allowed), Verification: p.config.UserVerification, Hints: []string{},
	})
}

func descriptors(credentials []Credential) []descriptor {
	list := make([]descriptor, len(credentials))
	for i, c := range credentials {
		list[i] = descriptor{publicKey, base64.RawURLEncoding.EncodeToString(c.ID), c.Transports}
	}
	return list
}

package jwt

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/seed-7694ebf6/plinth/auth"
)

// Verifier verifies tokens of one issuer. It is safe for concurrent use.
type Verifier struct {
	config Config
	keys   KeySource
}

// New returns a Verifier. The error names everything that is wrong with config.
func New(config Config) (*Verifier, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	if config.KeySource != nil {
		return &Verifier{config: config, keys: config.KeySource}, nil
	}
	for _, key := range config.Keys {
		if key.verify == nil {
			return nil, errors.New("auth/jwt: Keys has a zero Key")
		}
	}
	keys, err := newKeyring(config.Keys)
	if err != nil {
		return nil, fmt.Errorf("auth/jwt: Keys: %w", err)
	}
	return &Verifier{config: config, keys: keys}, nil
}

// Verify implements [auth.Verifier]. With Keys it does no I/O, does not look at ctx, and
// returns only [auth.ErrInvalid]. A KeySource may do I/O and fail with [auth.ErrUnavailable]. A
// token that is too long or malformed is rejected before any of it is decoded.
//
// The Principal is a User with sub as ID and Subject. Roles come from the claims role and
// roles. permissions, session_id, aal, is_anonymous and the tenant claim fill the fields of
// their names. A token with such a claim of the wrong type is rejected. An aal other than aal1
// to aal3 counts as unknown.
func (v *Verifier) Verify(ctx context.Context, token string) (auth.Principal, error) {
	header, err := checkShape(token, auth.MaxTokenSize)
	if err != nil {
		return auth.Principal{}, err
	}
	members, err := readHeader(header)
	if err != nil {
		return auth.Principal{}, err
	}
	if err := v.checkType(typeOf(members)); err != nil {
		return auth.Principal{}, err
	}
	key, err := selectKey(ctx, v.keys, members)
	if err != nil {
		return auth.Principal{}, err
	}
	payload, err := key.open(token)
	if err != nil {
		return auth.Principal{}, err
	}
	c, err := decodeObject(payload)
	if err != nil {
		return auth.Principal{}, refuse("payload " + err.Error())
	}
	return v.checkClaims(c)
}

// checkShape makes sure that token is three segments in their only spelling and
// returns the first, decoded. Five segments, an encrypted token, end here.
func checkShape(token string, maxSize int) (header []byte, err error) {
	if len(token) > maxSize {
		return nil, refuse("token too long")
	}
	if strings.Count(token, ".") != 2 {
		return nil, refuse("not three segments")
	}
	first, rest, _ := strings.Cut(token, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	for _, s := range []string{signature, payload, first} { // the header last, it is returned
		// Go's decoder skips line breaks even when strict.
		if s == "" || strings.ContainsAny(s, "\r\n") {
			return nil, refuse("segment empty or broken")
		}
		if header, err = segment.DecodeString(s); err != nil {
			return nil, refuse("segment is not base64url")
		}
	}
	return header, nil
}

// open verifies the signature of a token and returns its payload.
func (k Key) open(token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{k.algorithm})
	if err != nil {
		return nil, refuse("not a signed token")
	}
	payload, err := jws.Verify(k.verify)
	if err != nil {
		return nil, refuse("signature is not valid")
	}
	return payload, nil
}

// refuse returns the error for a rejected token. The reason is for logs and quotes nothing of
// the token.
func refuse(reason string) error {
	return fmt.Errorf("auth/jwt: %s: %w", reason, auth.ErrInvalid)
}

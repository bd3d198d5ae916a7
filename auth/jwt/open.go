package jwt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// MaxOpened is the length in bytes up to which [Open] looks at a token. ID tokens
// may be longer than access tokens: some issuers write groups into them.
const MaxOpened = 32 << 10

// Opened is a token with a valid signature. Its claims have not been validated.
type Opened struct {
	// Algorithm is that of the key: RS256, ES256, EdDSA or HS256.
	Algorithm string

	// Type is the typ of the header in lower case, without application/. It is empty without a
	// typ.
	Type string

	// Claims are the claims with unique names. Numbers are [json.Number].
	Claims map[string]any

	// Payload is the same as it came.
	Payload []byte
}

// Open verifies the signature of a token that is not an access token of a [Verifier], with a
// key of keys and under the same rules: a key has one algorithm, and the header is not trusted.
// The caller has to validate the type and all claims, among them iss, aud and exp. The error is
// an [auth.ErrInvalid], or an [auth.ErrUnavailable] if keys fails.
func Open(ctx context.Context, keys KeySource, token string) (Opened, error) {
	header, err := checkShape(token, MaxOpened)
	if err != nil {
		return Opened{}, err
	}
	members, err := readHeader(header)
	if err != nil {
		return Opened{}, err
	}
	key, err := selectKey(ctx, keys, members)
	if err != nil {
		return Opened{}, err
	}
	payload, err := key.open(token)
	if err != nil {
		return Opened{}, err
	}
	claims, err := decodeObject(payload)
	if err != nil {
		return Opened{}, refuse("payload " + err.Error())
	}
	return Opened{Algorithm: string(key.algorithm), Type: typeOf(members), Claims: claims, Payload: payload}, nil
}

// CheckForm returns an [auth.ErrInvalid] for a text that [Open] would reject with any keys,
// because of its form or its header. Use it before keys are fetched.
func CheckForm(token string) error {
	header, err := checkShape(token, MaxOpened)
	if err == nil {
		_, err = readHeader(header)
	}
	return err
}

// Assert returns claims signed with key, as one party proves to another who it is
// (RFC 7523). typ is JWT. The claims are written as they are.
func Assert(key Key, claims map[string]any) (string, error) {
	if key.sign == nil {
		return "", errors.New("auth/jwt: the key cannot sign")
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	if key.id != "" {
		options = options.WithHeader(jose.HeaderKey("kid"), key.id)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: key.algorithm, Key: key.sign}, options)
	if err != nil {
		return "", fmt.Errorf("auth/jwt: use signing key: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("auth/jwt: write claims: %w", err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("auth/jwt: sign: %w", err)
	}
	return jws.CompactSerialize()
}

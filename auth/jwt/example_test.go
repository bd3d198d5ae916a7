package jwt_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// exampleKey is the key of RFC 8037 appendix A.
var exampleKey = ed25519.NewKeyFromSeed([]byte{
	0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
	0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
})

// An issuer signs a token, and another program that has its public key verifies
// it.
func Example() {
	key, err := jwt.PrivateKey("", exampleKey)
	if err != nil {
		fmt.Println(err)
		return
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{
		Audience: "notes", Issuer: "https://notes.example", Key: key,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := signer.Sign(auth.Principal{
		Kind: auth.User, ID: "ada", Roles: []string{"editor"},
	}, 5*time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}

	verifier, err := jwt.New(jwt.Config{
		Audience: "notes", Issuer: "https://notes.example", Keys: []jwt.Key{key.Public()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := verifier.Verify(context.Background(), token)
	fmt.Println(p, p.Roles, err)
	// Output: user ada [editor] <nil>
}

// A client learns that its token has expired, and nothing more about any other
// that is refused.
func ExampleNew() {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	key, err := jwt.SecretKey("2026-11", secret)
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := jwt.New(jwt.Config{
		Audience: "notes", Issuer: "https://notes.example", Keys: []jwt.Key{key},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	yesterday := func() time.Time { return time.Now().Add(-24 * time.Hour) }
	signer, err := jwt.NewSigner(jwt.SignerConfig{
		Audience: "notes", Issuer: "https://notes.example", Key: key, Now: yesterday,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := signer.Sign(auth.Principal{Kind: auth.User, ID: "ada"}, time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = verifier.Verify(context.Background(), token)
	fmt.Println(err, errors.Is(err, auth.ErrExpired))
	_, err = verifier.Verify(context.Background(), token[1:])
	fmt.Println(errors.Is(err, auth.ErrInvalid), errors.Is(err, auth.ErrExpired))
	// Output:
	// auth: credential expired true
	// true false
}

// The public keys of an issuer as it publishes them, and read back.
func ExampleParseSet() {
	key, err := jwt.PrivateKey("", exampleKey)
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := jwt.Set(key)
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := jwt.ParseSet(set)
	fmt.Println(keys, err)
	// Output: [jwt.Key(EdDSA "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")] <nil>
}

func ExampleSecretKey() {
	_, err := jwt.SecretKey("", []byte("too short"))
	fmt.Println(err)
	// Output: auth/jwt: the secret is shorter than 32 bytes
}

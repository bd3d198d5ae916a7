package jwt_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

// keyOf is the key of the one party that is known.
type keyOf struct{ key jwt.Key }

func (k keyOf) Key(context.Context, string) (key jwt.Key, found bool, err error) {
	return k.key, true, nil
}

// One party proves to another who it is. The signature tells that these are its words,
// and nothing of whether they are for us and still good.
func ExampleOpen() {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	key, err := jwt.PrivateKey("", private)
	if err != nil {
		panic(err)
	}
	token, err := jwt.Assert(key, map[string]any{"iss": "printer", "aud": "notes"})
	if err != nil {
		panic(err)
	}
	opened, err := jwt.Open(context.Background(), keyOf{key.Public()}, token)
	fmt.Println(opened.Algorithm, opened.Type, opened.Claims["iss"], err)
	// Output: ES256 jwt printer <nil>
}

package jwt_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
)

func ExampleNewRemote() {
	// An issuer that publishes its keys, here on this machine.
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	key, err := jwt.PrivateKey("", private)
	if err != nil {
		panic(err)
	}
	set, err := jwt.Set(key)
	if err != nil {
		panic(err)
	}
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(set) }))
	defer issuer.Close()

	keys, err := jwt.NewRemote(issuer.URL, jwt.RemoteConfig{InsecureLoopback: true})
	if err != nil {
		panic(err)
	}
	tokens, err := jwt.New(jwt.Config{Audience: "notes", Issuer: "https://issuer.example", KeySource: keys})
	if err != nil {
		panic(err)
	}

	signer, err := jwt.NewSigner(jwt.SignerConfig{Audience: "notes", Issuer: "https://issuer.example", Key: key})
	if err != nil {
		panic(err)
	}
	token, err := signer.Sign(auth.Principal{Kind: auth.User, ID: "ann"}, time.Minute)
	if err != nil {
		panic(err)
	}
	p, err := tokens.Verify(context.Background(), token)
	fmt.Println(p, err)
	// Output: user ann <nil>
}

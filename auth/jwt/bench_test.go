package jwt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
)

func BenchmarkVerify(b *testing.B) {
	v := verifier(b)
	for _, key := range keys(b) {
		token, err := signer(b, key).Sign(full(), time.Minute)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(key.Algorithm(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBareES256 is what crypto/ecdsa takes for the signature alone, which
// BenchmarkVerify/ES256 is to be compared with.
func BenchmarkBareES256(b *testing.B) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte("header.payload"))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if !ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
			b.Fatal("it does not hold")
		}
	}
}

func BenchmarkRefuse(b *testing.B) {
	v := verifier(b)
	for name, token := range map[string]string{
		"Dots":    strings.Repeat(".", auth.MaxTokenSize),
		"Unknown": b64(`{"alg":"HS256","kid":"other","typ":"at+jwt"}`) + ".e30.AA",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = v.Verify(b.Context(), token)
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	for _, key := range keys(b) {
		s := signer(b, key)
		b.Run(key.Algorithm(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Sign(full(), time.Minute); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

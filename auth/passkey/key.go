package passkey

import (
	"bytes"
	"errors"
	"math/big"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// The algorithms that credentials may sign with, by their COSE numbers. Every
// browser and authenticator has one of them (section 5.4, pubKeyCredParams).
const (
	ES256 = int(webauthncose.AlgES256) // ECDSA on P-256 with SHA-256
	EdDSA = int(webauthncose.AlgEdDSA) // Ed25519
	RS256 = int(webauthncose.AlgRS256) // RSASSA-PKCS1-v1_5 with SHA-256
)

// algorithms are in the order of preference.
var algorithms = [...]webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgES256, webauthncose.AlgEdDSA, webauthncose.AlgRS256}

// The sizes of RSA keys: what is smaller can be broken, what is larger costs the
// server more than it is worth.
const (
	minRSA = 2048
	maxRSA = 4096
)

// checkKey returns the algorithm of a public key. It refuses keys of other
// algorithms, points that are not on their curve, RSA keys that are weak or costly,
// and everything beside the parameters a key must have (section 6.5.1).
func checkKey(cose []byte) (algorithm int, err error) {
	key, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return 0, err
	}
	switch k := key.(type) {
	case webauthncose.EC2PublicKeyData:
		algorithm = int(k.Algorithm)
		if algorithm != ES256 {
			return 0, errors.New("an elliptic key of another algorithm")
		}
	case webauthncose.OKPPublicKeyData:
		algorithm = int(k.Algorithm)
		if algorithm != EdDSA {
			return 0, errors.New("an octet key of another algorithm")
		}
	case webauthncose.RSAPublicKeyData:
		algorithm = int(k.Algorithm)
		if err := checkRSA(k); err != nil {
			return 0, err
		}
	default:
		return 0, errors.New("a key of another type")
	}
	again, err := webauthncbor.Marshal(key)
	if err != nil || !bytes.Equal(again, cose) {
		return 0, errors.New("a key in another form")
	}
	return algorithm, nil
}

func checkRSA(k webauthncose.RSAPublicKeyData) error {
	e, err := webauthncose.ParseRSAPublicKeyDataExponent(&k)
	if err != nil {
		return err
	}
	bits := new(big.Int).SetBytes(k.Modulus).BitLen()
	if int(k.Algorithm) != RS256 || bits < minRSA || bits > maxRSA || e < 3 || e%2 == 0 || e >= 1<<31 {
		return errors.New("an RSA key of another algorithm or size")
	}
	return nil
}

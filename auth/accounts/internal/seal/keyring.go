// Package seal derives keys from the master keys: it encrypts secrets, and authenticates refresh tokens,
// cookies and names.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/store"
)

// HashShort returns the hashes of a short code of a user, under each master key. They are
// keyed, since digits can be guessed from a plain hash.
func (k *Keyring) HashShort(kind data.CodeKind, user store.ID, digits string) [][]byte {
	sums := k.hashNames(string(kind) + " " + hex.EncodeToString(user[:]) + " " + digits)
	out := make([][]byte, len(sums))
	for i := range sums {
		out[i] = sums[i][:]
	}
	return out
}

// AbsentOwner returns the owner's id for codes to a contact without an account.
func (k *Keyring) AbsentOwner(at data.Contact) store.ID { return k.AbsentOwners(at)[0] }

// AbsentOwners returns these ids under each of the master keys.
func (k *Keyring) AbsentOwners(at data.Contact) []store.ID {
	sums := k.hashNames("nobody " + at.Text())
	out := make([]store.ID, len(sums))
	for i, sum := range sums {
		copy(out[i][:], sum[:])
	}
	return out
}

// Reencrypt returns nil for what is sealed with the first key already.
func (k *Keyring) Reencrypt(place string, sealed []byte) ([]byte, error) {
	if _, err := k.seals[0].Open(nil, nil, sealed, []byte(place)); err == nil {
		return nil, nil
	}
	secret, err := k.Open(place, sealed)
	if err != nil {
		return nil, err
	}
	return k.Seal(place, secret), nil
}

const (
	minMasterKey      = 32 // bytes
	minMasterKeyBytes = 8  // different ones among them: placeholders have fewer
)

// What keys are derived for. The texts are part of what is stored.
const (
	forSealing = "plinth accounts: sealing"
	forRefresh = "plinth accounts: refresh tokens"
	forCookies = "plinth accounts: session cookies"
	forHashing = "plinth accounts: hashes of what can be guessed"
)

// Keyring is what is made of the master keys. New secrets use the first one, and
// those made with the others are still read.
type Keyring struct {
	seals   []cipher.AEAD
	refresh [][]byte
	cookies [][]byte
	hashing [][]byte
}

// NewKeyring derives the keys from the master keys.
func NewKeyring(masters [][]byte) (*Keyring, error) {
	if len(masters) == 0 {
		return nil, errors.New("accounts: MasterKeys are required: 32 random bytes that stay the same")
	}
	k := new(Keyring)
	for i, master := range masters {
		if len(master) < minMasterKey {
			return nil, fmt.Errorf("accounts: key %d of MasterKeys has %d bytes, at least %d are needed", i+1, len(master), minMasterKey)
		}
		if different(master) < minMasterKeyBytes {
			return nil, fmt.Errorf("accounts: key %d of MasterKeys is not random", i+1)
		}
		block, err := aes.NewCipher(derive(master, forSealing))
		if err != nil {
			return nil, err
		}
		seal, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		k.seals = append(k.seals, seal)
		k.refresh = append(k.refresh, derive(master, forRefresh))
		k.cookies = append(k.cookies, derive(master, forCookies))
		k.hashing = append(k.hashing, derive(master, forHashing))
	}
	return k, nil
}

// different returns how many different bytes a text has.
func different(text []byte) (n int) {
	var seen [256]bool
	for _, b := range text {
		if !seen[b] {
			seen[b] = true
			n++
		}
	}
	return n
}

// derive returns the key for one purpose (RFC 5869).
func derive(master []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, master, nil, purpose, sha256.Size)
	if err != nil {
		panic(err) // of a length only
	}
	return key
}

// Seal encrypts a secret for the database. The place, table and row, is authenticated with it:
// a secret that was moved to another row cannot be opened.
func (k *Keyring) Seal(place string, secret []byte) []byte {
	return k.seals[0].Seal(nil, nil, secret, []byte(place))
}

// Open decrypts what seal has made at the same place.
func (k *Keyring) Open(place string, sealed []byte) ([]byte, error) {
	for _, seal := range k.seals {
		if secret, err := seal.Open(nil, nil, sealed, []byte(place)); err == nil {
			return secret, nil
		}
	}
	return nil, fail.ErrSealed
}

// HashName returns a keyed hash of a text that could be guessed from a plain hash, such as an
// e-mail address or a short code.
func (k *Keyring) HashName(name string) [sha256.Size]byte { return hashName(k.hashing[0], name) }

// hashNames returns what stands for such a text where any of the keys may have made it,
// the first one first.
func (k *Keyring) hashNames(name string) [][sha256.Size]byte {
	out := make([][sha256.Size]byte, len(k.hashing))
	for i, key := range k.hashing {
		out[i] = hashName(key, name)
	}
	return out
}

func hashName(key []byte, name string) [sha256.Size]byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(name))
	return [sha256.Size]byte(mac.Sum(nil))
}

// A refresh token is the id of its session, the counter of tokens it has had, and a
// code that authenticates both. It can be made again, so the database holds neither
// the token nor its hash, and everybody who refreshes with one token at the same
// time gets the same next one.

const (
	refreshMAC  = 16 // bytes
	refreshSize = len(store.ID{}) + 8 + refreshMAC
)

var refreshEncoding = base64.RawURLEncoding.Strict()

// RefreshToken returns the token of a session with a counter.
func (k *Keyring) RefreshToken(session store.ID, counter int64) string {
	return refreshEncoding.EncodeToString(appendRefresh(k.refresh[0], session, counter))
}

func appendRefresh(key []byte, session store.ID, counter int64) []byte {
	raw := make([]byte, 0, len(session)+8+sha256.Size)
	raw = binary.BigEndian.AppendUint64(append(raw, session[:]...), uint64(counter))
	mac := hmac.New(sha256.New, key)
	mac.Write(raw)
	return mac.Sum(raw)[:refreshSize]
}

// ReadRefresh reads a token that this application has made. ok is false for any
// other text.
func (k *Keyring) ReadRefresh(token string) (session store.ID, counter int64, ok bool) {
	if len(token) != refreshEncoding.EncodedLen(refreshSize) {
		return session, 0, false
	}
	raw, err := refreshEncoding.DecodeString(token)
	if err != nil || len(raw) != refreshSize {
		return session, 0, false
	}
	copy(session[:], raw)
	counter = int64(binary.BigEndian.Uint64(raw[len(session):]))
	for _, key := range k.refresh {
		if hmac.Equal(appendRefresh(key, session, counter), raw) {
			return session, counter, true
		}
	}
	return store.ID{}, 0, false
}

// Cookie returns the cookie of a session.
func (k *Keyring) Cookie(id store.ID) string {
	return refreshEncoding.EncodeToString(appendCookie(k.cookies[0], id))
}

func appendCookie(key []byte, id store.ID) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(id[:])
	return mac.Sum(append(make([]byte, 0, len(id)+sha256.Size), id[:]...))
}

// ReadCookie reads a cookie that this application has made.
func (k *Keyring) ReadCookie(value string) (id store.ID, ok bool) {
	if len(value) != refreshEncoding.EncodedLen(len(id)+sha256.Size) {
		return id, false // decoding skips ends of lines
	}
	raw, err := refreshEncoding.DecodeString(value)
	if err != nil || len(raw) != len(id)+sha256.Size {
		return id, false
	}
	copy(id[:], raw)
	for _, key := range k.cookies {
		if hmac.Equal(appendCookie(key, id), raw) {
			return id, true
		}
	}
	return store.ID{}, false
}

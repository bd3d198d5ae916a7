package seal

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/seed-7694ebf6/plinth/store"
)

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

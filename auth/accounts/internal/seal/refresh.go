package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"github.com/seed-7694ebf6/plinth/store"
)

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

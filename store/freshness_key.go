package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// memoKey names a statement with its values and the form of its answer.
type memoKey [16]byte

// answerTag is the hash of an answer.
type answerTag [12]byte

// String returns the tag as it stands between the quotes of an ETag.
func (t answerTag) String() string { return base64.RawURLEncoding.EncodeToString(t[:]) }

// hasher is a keyed hash that all instances of a database agree on: GHASH (NIST
// SP 800-38D) by way of AES-GCM, encrypted once more. Encrypted, the hash shows
// nothing of the key, so that one nonce serves for all and the hash authenticates
// what it is of. SHA-256 would take as long as reading the rows where the
// processor has no instructions for it.
type hasher struct {
	gcm   cipher.AEAD
	outer cipher.Block
	nonce []byte
	room  sync.Pool // of *[]byte
}

func newHasher(secret []byte) *hasher {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("plinth: hash of answers"))
	sum := mac.Sum(nil)
	inner, err := aes.NewCipher(sum[:16])
	if err != nil {
		panic(err) // of the length of a key only
	}
	outer, err := aes.NewCipher(sum[16:])
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCM(inner)
	if err != nil {
		panic(err) // of the size of a block only
	}
	return &hasher{gcm: gcm, outer: outer, nonce: make([]byte, gcm.NonceSize()), room: sync.Pool{New: func() any { return new([]byte) }}}
}

// sum appends the hash of a text.
func (h *hasher) sum(dst, text []byte) []byte {
	n := len(dst)
	dst = h.gcm.Seal(dst, h.nonce, nil, text)
	h.outer.Encrypt(dst[n:], dst[n:])
	return dst
}

// answer returns the tag of an answer: of what is sent beside the rows, and of
// the rows.
func (c *cursorKey) answer(head, body []byte) (tag answerTag) {
	p := c.hash.room.Get().(*[]byte)
	buf := append((*p)[:0], head...)
	n := len(buf)
	buf = c.hash.sum(buf, body)
	buf = c.hash.sum(buf, buf[:n+16])
	copy(tag[:], buf[n+16:])
	*p = buf
	c.hash.room.Put(p)
	return tag
}

// AppendTag appends a hash of an answer for its entity tag (RFC 9110 section 8.8.3):
// of form, what the bytes that are sent depend on beside the body, as their media
// type, and of the body. It is keyed by the database, so all instances agree on
// it, and nobody can make two answers with one tag.
func (g Gate) AppendTag(ctx context.Context, dst []byte, form string, body []byte) ([]byte, error) {
	keys, err := g.s.cursorKey(ctx)
	if err != nil {
		return dst, err
	}
	var room [128]byte
	tag := keys.answer(append(room[:0], form...), body)
	return base64.RawURLEncoding.AppendEncode(dst, tag[:]), nil
}

// statement returns the key of a statement: its text, its values and the names
// in its answer decide what it answers, whoever asks. ok is false for a value
// that has no bytes here.
func (c *cursorKey) statement(st *driver.Statement, form string) (key memoKey, ok bool) {
	p := c.hash.room.Get().(*[]byte)
	buf := appendBytes((*p)[:0], form)
	buf = appendBytes(buf, st.SQL)
	buf = appendShape(buf, st.Shape)
	ok = true
	for _, v := range st.Args {
		if buf, ok = appendArg(buf, v); !ok {
			break
		}
	}
	n := len(buf)
	buf = c.hash.sum(buf, buf[:n])
	copy(key[:], buf[n:])
	*p = buf
	if cap(buf) <= maxPooledSQL {
		c.hash.room.Put(p)
	}
	return key, ok
}

// appendShape appends what names and forms the values in an answer.
func appendShape(dst []byte, s *driver.Shape) []byte {
	dst = append(dst, byte(btoi(s.Counted)), byte(btoi(s.EachExtra)))
	for _, k := range s.Extra {
		dst = append(dst, byte(k))
	}
	for _, field := range s.Fields {
		dst = binary.AppendVarint(dst, int64(field))
	}
	for _, m := range s.Members {
		dst = append(appendBytes(dst, m.Key), byte(m.Kind), byte(btoi(m.Quoted)), byte(btoi(m.Many)))
		if m.Embed != nil {
			dst = appendShape(append(dst, '{'), m.Embed)
		}
	}
	return append(dst, '}')
}

// appendArg appends a bound value so that no other has the same bytes.
func appendArg(dst []byte, v any) ([]byte, bool) {
	switch v := v.(type) {
	case nil, driver.RowCounter:
		return append(dst, 'n'), true
	case string:
		return appendBytes(append(dst, 's'), v), true
	case []byte:
		return appendBytes(append(dst, 'b'), v), true
	case int64:
		return binary.AppendVarint(append(dst, 'i'), v), true
	case float64:
		return binary.BigEndian.AppendUint64(append(dst, 'f'), math.Float64bits(v)), true
	case bool:
		return append(dst, 't', byte(btoi(v))), true
	case time.Time:
		return binary.AppendVarint(append(dst, 'm'), v.UnixMicro()), true
	case []string, []int64, []float64, []bool, []time.Time, []any:
		list := listValues(v)
		dst = binary.AppendUvarint(append(dst, 'l'), uint64(len(list)))
		ok := true
		for _, item := range list {
			if dst, ok = appendArg(dst, item); !ok {
				break
			}
		}
		return dst, ok
	}
	return dst, false
}

func appendBytes[T string | []byte](dst []byte, text T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

package pgrst

import (
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// maxRequestKey is the largest length of an Idempotency-Key in bytes.
const maxRequestKey = 255

// IdempotencyKey reads the Idempotency-Key header
// (draft-ietf-httpapi-idempotency-key-header), "" where there is none: a string in
// quotes (RFC 9651 section 3.3.3), or, as many clients send it, the same without.
func IdempotencyKey(header http.Header) (string, error) {
	lines := header["Idempotency-Key"]
	if len(lines) == 0 {
		return "", nil
	}
	key, ok := strings.Trim(lines[0], " \t"), len(lines) == 1
	if inner, quoted := strings.CutPrefix(key, `"`); quoted && ok {
		key, ok = unquoteKey(inner)
	} else {
		ok = ok && !strings.ContainsAny(key, `"\,; `)
	}
	for _, c := range []byte(key) {
		ok = ok && ' ' <= c && c <= '~'
	}
	if !ok || key == "" || len(key) > maxRequestKey {
		return "", &problem.Error{
			Code:    problem.BadRequestKey,
			Message: "Idempotency-Key must be one string of 1 to 255 printable ASCII characters",
			Hint:    `Send a UUID, as "8e03978e-40d5-43e8-bc93-6894a57f9324".`,
		}
	}
	return key, nil
}

// unquoteKey reads the rest of a string behind its first quote.
func unquoteKey(rest string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; c {
		case '"':
			return b.String(), i == len(rest)-1
		case '\\':
			if i++; i == len(rest) || rest[i] != '"' && rest[i] != '\\' {
				return "", false
			}
		}
		b.WriteByte(rest[i])
	}
	return "", false
}

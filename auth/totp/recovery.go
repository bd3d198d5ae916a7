package totp

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// RecoveryCodes is the number of codes that are usually handed out.
const RecoveryCodes = 10

// recoverySize is the number of bytes of a recovery code: 120 bits. A plain hash protects codes
// of 112 bits and more (OWASP ASVS 6.5.2).
const recoverySize = 15

// NewRecoveryCodes returns n codes in groups of four letters and digits, as
// "ABCD-EFGH-IJKL-MNOP-QRST-UVWX". Show them once and store their hashes.
func NewRecoveryCodes(n int) []string {
	codes := make([]string, n)
	for i := range codes {
		raw := make([]byte, recoverySize)
		rand.Read(raw) // never fails
		text := encoding.EncodeToString(raw)
		var groups []string
		for ; text != ""; text = text[4:] {
			groups = append(groups, text[:4])
		}
		codes[i] = strings.Join(groups, "-")
	}
	return codes
}

// HashRecoveryCode returns what to store of a code and to look it up by. It reads
// codes as people type them: in either case, with or without separators. ok is
// false for what is no code.
func HashRecoveryCode(code string) (hash [sha256.Size]byte, ok bool) {
	code = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
	raw, err := encoding.DecodeString(code)
	if err != nil || len(code) != encoding.EncodedLen(recoverySize) {
		return hash, false
	}
	return sha256.Sum256(raw), true
}

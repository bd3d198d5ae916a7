package passkey

import (
	"crypto/subtle"
	"errors"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// checkClientData judges the client's part of what was signed (section 5.8.1). The
// library does too, but takes origins that differ in case, port or what follows for
// the same, and members by names that only sound alike.
func (p *RelyingParty) checkClientData(raw []byte, is protocol.CeremonyType, challenge string) error {
	m, err := parseObject(raw)
	if err != nil {
		return err
	}
	typ, err := m.text("type")
	if err != nil {
		return err
	}
	if typ != string(is) {
		return errors.New("of another type")
	}
	sent, err := m.text("challenge")
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(sent), []byte(challenge)) != 1 {
		return errors.New("another challenge")
	}
	origin, err := m.text("origin")
	if err != nil {
		return err
	}
	if !slices.Contains(p.config.Origins, origin) {
		return errors.New("another origin")
	}
	if cross := m["crossOrigin"]; cross.Kind() != strictjson.Missing && (cross.Kind() != strictjson.Bool || cross.Bool()) {
		return errors.New("from a foreign frame")
	}
	if _, framed := m["topOrigin"]; framed {
		return errors.New("from a foreign frame")
	}
	return nil
}

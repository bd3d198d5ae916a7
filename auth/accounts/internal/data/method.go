package data

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// WithMethod returns the methods of a session and another, as the newest. Each stands
// there once, with the last time.
func (s *Session) WithMethod(how Method) (store.JSON, error) {
	list, err := s.shown()
	if err != nil {
		return "", err
	}
	list = slices.DeleteFunc(list, func(m Method) bool { return m.Method == how.Method })
	return store.JSONOf(append(list, how))
}

// shown returns how the user of a session has shown who they are, oldest first.
func (s *Session) shown() (list []Method, err error) {
	if err := s.Methods.Decode(&list); err != nil {
		return nil, fmt.Errorf("accounts: methods of session %s: %w", s.ID, err)
	}
	return list, nil
}

// ShownBy reports whether a session has been begun or raised by a method. One that
// cannot be read was by none, and has shown nothing.
func (s *Session) ShownBy(how string) bool {
	list, _ := s.shown()
	return slices.ContainsFunc(list, func(m Method) bool { return m.Method == how })
}

// ShownAt is when the user of a session has last shown who they are.
func (s *Session) ShownAt() time.Time {
	list, err := s.shown()
	if err != nil {
		return time.Time{}
	}
	var last int64
	for _, m := range list {
		last = max(last, m.Timestamp)
	}
	return time.Unix(last, 0)
}

// Method is a method of authentication, as in the claim amr.
type Method struct {
	Method    string `json:"method"`
	Timestamp int64  `json:"timestamp"`
	Provider  string `json:"provider,omitempty"`

	// Identity is the identity of a login at a provider. A session does not keep it.
	Identity store.ID `json:"identity,omitzero"`

	// aal is the level of a session that begins by it; 0 is 1. factor is the factor and
	// code the PKCE code by which it begins, if any.
	AAL    int64     `json:"-"`
	Factor *store.ID `json:"-"`
	Code   *store.ID `json:"-"`
}

// MethodPassword is a login by password, as in the claim amr.
const MethodPassword = "password"

// NewestFirst are the methods of a session in the order of amr on the wire.
func (s *Session) NewestFirst() []Method {
	list, err := s.shown()
	if err != nil || list == nil {
		return []Method{}
	}
	slices.Reverse(list)
	return list
}

// BegunAt reports whether a session was begun by an identity of a provider. Those that
// were begun with a password, by a mail or by a message are of the address and of the
// number.
func (s *Session) BegunAt(provider string) bool {
	methods, err := s.shown()
	if err != nil || len(methods) == 0 {
		return true // unknown, so it ends
	}
	if provider == "email" || provider == "phone" {
		return methods[0].Method != methodOAuth
	}
	return methods[0].Provider == provider
}

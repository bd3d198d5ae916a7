package api

import (
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// Gate is a [Rule] that depends on the caller alone. The zero Gate denies every caller.
type Gate struct {
	n *gateNode
}

// gateNode is a gate's text and decision. Gates of one text decide alike unless
// they are opaque.
type gateNode struct {
	text   string
	decide func(*auth.Principal) bool
	opaque bool
	joined bool // several gates in one text
	roles  []string
}

func newGate(text string, decide func(*auth.Principal) bool) Gate {
	return Gate{&gateNode{text: text, decide: decide}}
}

// Anyone lets every caller through, signed in or not.
func Anyone() Gate {
	return newGate("anyone", func(*auth.Principal) bool { return true })
}

// SignedIn allows users with an account. It denies unauthenticated requests, anonymous
// users and services. See [auth.Principal.SignedIn].
func SignedIn() Gate {
	return newGate("signed in", func(p *auth.Principal) bool { return p.SignedIn() })
}

// Session allows users with a credential that belongs to a session. It includes
// anonymous users.
func Session() Gate {
	return newGate("session", func(p *auth.Principal) bool { return p.Kind == auth.User && p.Session != "" })
}

// Service lets programs through that present a secret key. It is for functions;
// what a service may do with rows is said by Policy.ServiceBypass.
func Service() Gate {
	return newGate("service", func(p *auth.Principal) bool { return p.Kind == auth.Service })
}

// Role lets callers through that have the role of that exact name.
func Role(name string) Gate {
	g := newGate("role "+strconv.Quote(name), func(p *auth.Principal) bool { return p.HasRole(name) })
	g.n.roles = []string{name}
	return g
}

// Permission lets callers through that hold the permission of that exact name.
func Permission(name string) Gate {
	return newGate("permission "+strconv.Quote(name), func(p *auth.Principal) bool { return p.HasPermission(name) })
}

// AAL allows callers with at least the authenticator assurance level. Level 2 requires a
// second factor.
func AAL(level int) Gate {
	return newGate("aal >= "+strconv.Itoa(level), func(p *auth.Principal) bool { return p.AAL >= level })
}

// GateFunc lets callers through that decide approves of. The name is what the
// gate prints as. Decide must be safe for concurrent use, do no I/O, and look at
// nothing but the principal, which it must not change.
func GateFunc(name string, decide func(auth.Principal) bool) Gate {
	g := newGate(name, nil)
	g.n.opaque = true
	if decide != nil {
		g.n.decide = func(p *auth.Principal) bool { return decide(*p) }
	}
	return g
}

// Or lets callers through that any of the gates lets through.
func (g Gate) Or(others ...Gate) Gate {
	return joinGates(" or ", append([]Gate{g}, others...), func(gates []Gate, p *auth.Principal) bool {
		for _, g := range gates {
			if g.Admits(p) {
				return true
			}
		}
		return false
	})
}

// And lets callers through that all of the gates let through.
func (g Gate) And(others ...Gate) Gate {
	return joinGates(" and ", append([]Gate{g}, others...), func(gates []Gate, p *auth.Principal) bool {
		for _, g := range gates {
			if !g.Admits(p) {
				return false
			}
		}
		return true
	})
}

func joinGates(word string, gates []Gate, decide func([]Gate, *auth.Principal) bool) Gate {
	texts := make([]string, len(gates))
	opaque := false
	var roles []string
	for i, g := range gates {
		texts[i] = g.String()
		if g.n == nil {
			continue
		}
		if g.n.joined {
			texts[i] = "(" + texts[i] + ")"
		}
		opaque = opaque || g.n.opaque
		roles = append(roles, g.n.roles...)
	}
	return Gate{&gateNode{
		text: strings.Join(texts, word), opaque: opaque, joined: len(gates) > 1, roles: roles,
		decide: func(p *auth.Principal) bool { return decide(gates, p) },
	}}
}

// String returns the gate as text: `role "editor"`.
func (g Gate) String() string {
	if g.n == nil {
		return nobody
	}
	return g.n.text
}

func (g Gate) text(*store.Table) string { return g.String() }

// Admits reports whether the gate lets the caller through.
func (g Gate) Admits(p *auth.Principal) bool {
	return g.n != nil && g.n.decide != nil && g.n.decide(p)
}

// same reports whether two gates decide alike.
func (g Gate) same(o Gate) bool {
	if g.n == o.n {
		return true
	}
	return g.n != nil && o.n != nil && !g.n.opaque && !o.n.opaque && g.n.text == o.n.text
}

func (g Gate) walk(v ruleVisitor) { v.gate(g) }

func (g Gate) resolve(open func(Gate) bool) (store.Cond, bool) { return store.Cond{}, open(g) }

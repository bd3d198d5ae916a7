package realtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// class is what equal subscriptions share: their rules and filters have the same values, and
// they get the same columns.
type class struct {
	table       *schema.Table
	view        changelog.View
	subscribers map[*Subscription]struct{}

	asks bool // its rule asks about other rows, see changelog.Decide

	pin *schema.Column // the column in which its rows have one value, or nil
	at  any            // that value
}

// push passes a message to the subscribers of a class that need it. The hub is locked.
func (h *Hub) push(c *class, m *Message, page int64) {
	if m.more {
		h.unfinished[c] = struct{}{}
	} else {
		delete(h.unfinished, c)
	}
	for s := range c.subscribers {
		if s.since < page {
			s.push(m)
		}
	}
}

// classes are those of one table. Classes with a pinned column are found by the values of a
// change, so that a change costs what its own subscribers cost. The hub is locked.
type classes struct {
	classes map[string]*class
	loose   map[*class]struct{}
	pinned  map[*schema.Column]map[any]map[*class]struct{}
}

func newClasses() *classes {
	return &classes{classes: map[string]*class{}, loose: map[*class]struct{}{}, pinned: map[*schema.Column]map[any]map[*class]struct{}{}}
}

// add adds a subscription to its class.
func (t *classes) add(s *Subscription) {
	c := t.classes[s.key]
	if c == nil {
		c = &class{table: s.table, view: s.view, asks: s.view.ReadsOtherRows(s.table), subscribers: map[*Subscription]struct{}{}}
		t.classes[s.key] = c
		if column, value, ok := s.view.Pin(s.table); ok {
			c.pin, c.at = column, value
			if t.pinned[column] == nil {
				t.pinned[column] = map[any]map[*class]struct{}{}
			}
			if t.pinned[column][value] == nil {
				t.pinned[column][value] = map[*class]struct{}{}
			}
			t.pinned[column][value][c] = struct{}{}
		} else {
			t.loose[c] = struct{}{}
		}
	}
	c.subscribers[s] = struct{}{}
}

// remove removes a subscription, and its class if that is empty.
func (t *classes) remove(s *Subscription) {
	c := t.classes[s.key]
	if c == nil {
		return
	}
	delete(c.subscribers, s)
	if len(c.subscribers) > 0 {
		return
	}
	delete(t.classes, s.key)
	delete(t.loose, c)
	if c.pin == nil {
		return
	}
	delete(t.pinned[c.pin][c.at], c)
	if len(t.pinned[c.pin][c.at]) == 0 {
		delete(t.pinned[c.pin], c.at)
	}
	if len(t.pinned[c.pin]) == 0 {
		delete(t.pinned, c.pin)
	}
}

// concernedBy returns the classes that a change may concern.
func (t *classes) concernedBy(j *changelog.Judge) (list []*class) {
	for c := range t.loose {
		list = append(list, c)
	}
	for column, at := range t.pinned {
		values, complete := j.Values(column)
		if !complete {
			for _, of := range at {
				for c := range of {
					list = append(list, c)
				}
			}
			continue
		}
		for i, v := range values {
			if i > 0 && v == values[0] {
				continue
			}
			for c := range at[v] {
				list = append(list, c)
			}
		}
	}
	return list
}

// classKey identifies the class of a view. Guards are shared by callers for which the gates of
// the policy have the same results.
func classKey(t *schema.Table, v changelog.View) string {
	guard := v.Scope.GuardOf(t)
	parts := []string{fmt.Sprintf("%p", guard), v.Scope.Tenant, v.Where.String()}
	if v.Columns != nil {
		for _, c := range t.Columns {
			if v.Columns.Has(c) {
				parts = append(parts, c.Name)
			}
		}
	}
	for _, name := range slices.Sorted(slices.Values(guard.Read.Variables())) {
		value, known := v.Scope.Variable(name)
		if name == nowVariable {
			value = "" // the time of the delivery counts
		}
		parts = append(parts, name, fmt.Sprint(known), value)
	}
	return strings.Join(parts, "\x00")
}

// suits reports whether a view would be the same under another scope: as long as it is, the
// rights of a subscriber have not changed.
func suits(t *schema.Table, v changelog.View, scope *store.Scope) bool {
	other := v
	other.Scope = scope
	return scope.GuardOf(t) != nil && classKey(t, other) == classKey(t, v)
}

// nowVariable is the variable of rules for the time.
const nowVariable = "now()"

// Package ruletag reads what validate tags say of a value's being there. The other rules
// are read by whoever judges values.
package ruletag

import (
	"slices"
	"strings"
)

// Required is the rule that a value is there: not null, and not an empty text.
const Required = "required"

// The texts for a client whose value is not there.
const (
	Missing = "is required"
	Empty   = "must not be empty"
)

// Split takes required out of a tag, and returns the other rules. Behind dive it is
// about each item and stays. The tag "-" has no rules.
func Split(tag string) (required bool, rest string) {
	if tag == "" || tag == "-" {
		return false, ""
	}
	rules := strings.Split(tag, ",")
	own := len(rules)
	if i := slices.Index(rules, "dive"); i >= 0 {
		own = i
	}
	kept := slices.DeleteFunc(slices.Clone(rules[:own]), func(r string) bool { return r == Required })
	return len(kept) < own, strings.Join(append(kept, rules[own:]...), ",")
}

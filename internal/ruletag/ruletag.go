// Package ruletag parses the rule required of validate tags. The validator parses the other
// rules.
package ruletag

import (
	"slices"
	"strings"
)

// Required is the rule that a value must be present: not null, and not an empty text.
const Required = "required"

// The texts for a client that sends no value.
const (
	Missing = "is required"
	Empty   = "must not be empty"
)

// Split removes required from a tag and returns the other rules. After dive it applies to
// each item and stays. The tag "-" has no rules.
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

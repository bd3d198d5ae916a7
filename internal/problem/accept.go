package problem

import (
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/httpheader"
)

// accepts reports whether an Accept header (RFC 9110 section 12.5.1) allows a media type.
// Without a header every type is allowed. The most specific matching range decides, and a
// weight of zero rejects.
func accepts(header []string, typ, subtype string) bool {
	best, admitted, seen := -1, false, false
	for item := range httpheader.Weighted(header) {
		seen = true
		if s := specificity(item.Name, typ, subtype); s > best {
			best, admitted = s, item.Weight > 0
		}
	}
	return !seen || admitted
}

// specificity returns how closely a media range names a type: 2 exactly, 1 by type/*, 0 by
// */*, and -1 not at all.
func specificity(mediaRange, typ, subtype string) int {
	t, s, _ := strings.Cut(mediaRange, "/")
	switch {
	case strings.EqualFold(t, typ) && strings.EqualFold(s, subtype):
		return 2
	case strings.EqualFold(t, typ) && s == "*":
		return 1
	case t == "*" && s == "*":
		return 0
	}
	return -1
}

package store

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// tagSize is the number of bytes of a hash in an entity tag.
const tagSize = 12

// tagged reports whether the answer of the statement has an entity tag: every table that it
// reads writes to the change log. A view does not say what it reads.
func (c *conds) tagged() bool {
	return len(c.reads) > 0 && !slices.ContainsFunc(c.reads, func(t *Table) bool { return !t.Tracked || t.View })
}

// entityTag returns the opaque part of the answer's entity tag (RFC 9110, section 8.8.3): a
// hash of its form, its rows and what is sent beside them. Of the extra values the client
// gets only the cursor, and only if more rows may follow.
func entityTag(form string, q *Query, result *driver.Result) string {
	var room [128]byte
	head := append(room[:0], form...)
	head = strconv.AppendInt(append(head, 0), int64(q.Offset), 10)
	head = strconv.AppendInt(append(head, 0), result.Total, 10)
	head = strconv.AppendBool(append(head, 0), result.More)
	head = append(head, 0)
	if result.More || q.Limit != nil {
		head = append(head, result.Extra...)
	}
	hash := sha256.New()
	hash.Write(strconv.AppendInt(nil, int64(len(head)), 10))
	hash.Write(head)
	hash.Write(result.Body)
	return base64.RawURLEncoding.EncodeToString(hash.Sum(room[:0])[:tagSize])
}

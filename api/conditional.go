package api

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// keepList returns the Cache-Control of a list that is not shared. A list with a tag
// may be stored by the client, which revalidates it each time with If-None-Match. If
// the change log has no newer entry of the tables behind the list, the answer is 304
// and no table is read.
func keepList(rows *query.Rows) string {
	if rows.Tag == "" {
		return keepNot
	}
	return keepAndAsk
}

// tagList sets the headers that a list and the answer that it has not changed
// have in common.
func (x *exchange) tagList(q *query.Query, rawQuery string, rows *query.Rows) {
	x.readHeaders(keepList(rows), q, rows)
	if rows.Tag != "" {
		x.set("Etag", weakTag(rows.Tag))
	}
	x.set("Content-Location", x.link(x.relative, rawQuery))
}

// notModified answers that the client has the list (RFC 9110 section 15.4.5).
func (x *exchange) notModified(q *query.Query, rawQuery string, rows *query.Rows) error {
	x.tagList(q, rawQuery, rows)
	return x.sendNothing(http.StatusNotModified)
}

// rowTag returns the entity tag of a row (RFC 9110 section 8.8.3):
// "<version>.<hash>" if it has a version, else a weak tag. The hash is over the
// bytes and their type, so that a changed embed, or a rule that shows less, is
// another answer.
func rowTag(version int64, contentType string, body []byte) string {
	var room [64]byte
	tag := room[:0]
	if version == 0 {
		tag = append(tag, `W/"`...)
	} else {
		tag = append(strconv.AppendInt(append(tag, '"'), version, 10), '.')
	}
	return string(append(appendHash(tag, contentType, body), '"'))
}

// textTag returns the entity tag of a text that is not of the database.
func textTag(contentType string, body []byte) string {
	return weakTag(string(appendHash(nil, contentType, body)))
}

// appendHash appends a hash of an answer and its type.
func appendHash(dst []byte, contentType string, body []byte) []byte {
	var sum [sha256.Size]byte
	hash := sha256.New()
	hash.Write([]byte(contentType))
	hash.Write([]byte{0})
	hash.Write(body)
	return base64.RawURLEncoding.AppendEncode(dst, hash.Sum(sum[:0])[:12])
}

func weakTag(opaque string) string { return `W/"` + opaque + `"` }

// unchanged reports whether If-None-Match names the tag, weakly compared (RFC
// 9110 section 13.1.2).
func unchanged(header http.Header, tag string) bool {
	tag = strings.TrimPrefix(tag, "W/")
	for _, t := range tags(header["If-None-Match"]) {
		if t == "*" || strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}

// precondition is an If-Match header (RFC 9110 section 13.1.1).
type precondition struct {
	given    bool
	any      bool    // *: the row has to exist
	versions []int64 // of the tags that can match
}

// ifMatch reads If-Match. Only the version in a tag is compared, because a write does
// not depend on the columns that the caller can read. Weak and foreign tags match nothing.
func ifMatch(header http.Header) precondition {
	lines := header["If-Match"]
	p := precondition{given: len(lines) > 0}
	for _, t := range tags(lines) {
		if t == "*" {
			p.any = true
			continue
		}
		inner, quoted := strings.CutPrefix(t, `"`)
		inner, closed := strings.CutSuffix(inner, `"`)
		number, _, _ := strings.Cut(inner, ".")
		version, err := strconv.ParseInt(number, 10, 64)
		if quoted && closed && err == nil && version > 0 && strconv.FormatInt(version, 10) == number {
			p.versions = append(p.versions, version)
		}
	}
	return p
}

// holds reports whether a row of the version meets the precondition.
func (p precondition) holds(version int64) bool {
	if !p.given || p.any {
		return true
	}
	for _, v := range p.versions {
		if v == version && version != 0 {
			return true
		}
	}
	return false
}

// maxTags is the number of tags of a header that are looked at.
const maxTags = 64

// tags splits lists of entity tags. A comma may stand inside of a tag.
func tags(lines []string) []string {
	var list []string
	for _, line := range lines {
		for line != "" && len(list) < maxTags {
			line = strings.TrimLeft(line, " \t,")
			end := 0
			for quoted := false; end < len(line) && (quoted || line[end] != ','); end++ {
				if line[end] == '"' {
					quoted = !quoted
				}
			}
			if t := strings.TrimRight(line[:end], " \t"); t != "" {
				list = append(list, t)
			}
			line = line[end:]
		}
	}
	return list
}

// honours refuses preconditions of a write (RFC 9110 section 13.1) that its route does
// not judge. A client that sends one wants to lose no update, so it must not be
// passed over.
func (rq *request) honours(rt *route) error {
	if !rq.writes() {
		return nil
	}
	if rt.shape != pgrst.ShapeRow && len(rq.r.Header["If-Match"]) > 0 {
		return &problem.Error{
			Code: problem.NotImplemented, Message: "If-Match is for one row by its key",
			Hint: "Send it to /{table}/{id}, or filter by the version too, as version=eq.3.",
		}
	}
	if rt.method != http.MethodPut && len(rq.r.Header["If-None-Match"]) > 0 {
		return &problem.Error{
			Code: problem.NotImplemented, Message: "If-None-Match on a write is for PUT only",
			Hint: "Send If-None-Match: * with PUT to create a row that does not exist.",
		}
	}
	return nil
}

// onlyNew reports If-None-Match: *. Other tags would have to be compared with
// every answer the row may have.
func onlyNew(header http.Header) (bool, error) {
	lines := header["If-None-Match"]
	if len(lines) == 0 {
		return false, nil
	}
	if list := tags(lines); len(list) != 1 || list[0] != "*" {
		return false, &problem.Error{Code: problem.NotImplemented, Message: "If-None-Match of PUT takes * only"}
	}
	return true, nil
}

package pgrst

import (
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// Reads reports whether a method changes nothing.
func Reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// schema is the one schema there is on the wire.
const schema = "public"

// Profile reads the schema a request chooses: Accept-Profile of GET and HEAD,
// Content-Profile of the other methods. The name it returns belongs into
// Content-Profile of the answer; it is empty if the request has not chosen.
func Profile(method string, header http.Header) (string, error) {
	name := "Content-Profile"
	if Reads(method) {
		name = "Accept-Profile"
	}
	lines := header[name]
	if len(lines) == 0 {
		return "", nil
	}
	if len(lines) == 1 && strings.Trim(lines[0], " \t") == schema {
		return schema, nil
	}
	return "", &problem.Error{
		Code:    problem.UnknownSchema,
		Message: "Invalid schema: " + shortenHeader(strings.Join(lines, ", ")),
		Hint:    "Only the following schemas are exposed: " + schema,
	}
}

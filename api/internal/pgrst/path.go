package pgrst

import (
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// Shape is the form of a path. There are no others.
type Shape uint8

// The shapes of paths.
const (
	ShapeRoot     Shape = iota + 1 // /
	ShapeTable                     // /{table}
	ShapeRow                       // /{table}/{id}
	ShapeCall                      // /rpc/{function}
	ShapeReserved                  // /-/...: routes of the library itself
)

// String returns the shape as a pattern.
func (s Shape) String() string {
	switch s {
	case ShapeRoot:
		return "/"
	case ShapeTable:
		return "/{table}"
	case ShapeRow:
		return "/{table}/{id}"
	case ShapeCall:
		return "/rpc/{function}"
	case ShapeReserved:
		return "/-/"
	}
	return "unknown"
}

// Path is a path taken apart.
type Path struct {
	Shape Shape

	// Name is the table or function, decoded. Of ShapeReserved it is all that
	// follows /-/, as it stands in the URL.
	Name string

	// ID is the id of ShapeRow, decoded. It may contain any character but NUL.
	ID string
}

// maxID is the largest length of an id in a path, decoded, in bytes.
const maxID = 512

// SplitPath takes a path apart as it stands in the URL below the mount point
// ([net/url.URL.EscapedPath]), so that %2F in an id is part of the id.
func SplitPath(escaped string) (Path, error) {
	rest := strings.TrimPrefix(escaped, "/")
	if rest == "" {
		return Path{Shape: ShapeRoot}, nil
	}
	first, second, more := strings.Cut(rest, "/")
	name, err := decode(first, false)
	switch {
	case err != nil:
		return Path{}, err
	case name == "-":
		return Path{Shape: ShapeReserved, Name: second}, nil
	case name == "", more && (second == "" || strings.Contains(second, "/")):
		return Path{}, &problem.Error{Code: problem.UnknownPath, Message: "Invalid path specified in request URL"}
	case !more:
		return Path{Shape: ShapeTable, Name: name}, nil
	}
	id, err := decode(second, false)
	switch {
	case err != nil:
		return Path{}, err
	case name == "rpc":
		return Path{Shape: ShapeCall, Name: id}, nil
	case len(id) > maxID:
		return Path{}, &LimitError{Limit: "id", Max: maxID, Unit: "bytes", Got: strconv.Itoa(len(id))}
	}
	return Path{Shape: ShapeRow, Name: name, ID: id}, nil
}

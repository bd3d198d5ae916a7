package api

import (
	"net/http"
	"slices"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// part is a place of an answer, or of the question behind it, where rows of a
// table show. Each passes the caller's guard.
type part string

const (
	partRoot      part = "root"          // the rows asked for, or written
	partEmbed     part = "embed"         // rows of a relation in the answer, or a filter on them
	partJunction  part = "junction"      // rows in the middle of a relation many to many
	partCount     part = "count"         // the total in Content-Range
	partAggregate part = "aggregate"     // values made of rows
	partReturned  part = "returned rows" // rows a write answers with
	partCursor    part = "cursor"        // the place an answer continues from
	partOrder     part = "order"         // columns of the table and of related ones, by the order of rows
	partResult    part = "rpc result"    // rows a function returns
)

// route is one way into the API.
type route struct {
	shape  pgrst.Shape
	name   string // of ShapeReserved: the path behind /-/
	method string
	parts  []part
	serve  func(*exchange) error
}

// routes is the only table by which requests are dispatched. Other requests are rejected
// without a statement.
func routes() []route {
	list := []part{partRoot, partEmbed, partJunction, partCount, partAggregate, partCursor, partOrder}
	row := []part{partRoot, partEmbed, partJunction, partOrder}
	made := []part{partRoot, partEmbed, partJunction, partReturned, partOrder}
	changed := []part{partRoot, partEmbed, partJunction, partCount, partReturned, partOrder}
	called := []part{partResult, partEmbed, partJunction, partCount, partOrder}
	return append([]route{
		{pgrst.ShapeRoot, "", http.MethodGet, nil, (*exchange).openAPI},
		{pgrst.ShapeRoot, "", http.MethodHead, nil, (*exchange).openAPI},

		{pgrst.ShapeTable, "", http.MethodGet, list, (*exchange).list},
		{pgrst.ShapeTable, "", http.MethodHead, list, (*exchange).list},
		{pgrst.ShapeTable, "", http.MethodPost, made, (*exchange).insert},
		{pgrst.ShapeTable, "", http.MethodPut, made, (*exchange).put},
		{pgrst.ShapeTable, "", http.MethodPatch, changed, (*exchange).patch},
		{pgrst.ShapeTable, "", http.MethodDelete, changed, (*exchange).delete},

		{pgrst.ShapeRow, "", http.MethodGet, row, (*exchange).row},
		{pgrst.ShapeRow, "", http.MethodHead, row, (*exchange).row},
		{pgrst.ShapeRow, "", http.MethodPut, made, (*exchange).putRow},
		{pgrst.ShapeRow, "", http.MethodPatch, made, (*exchange).patchRow},
		{pgrst.ShapeRow, "", http.MethodDelete, made, (*exchange).deleteRow},

		{pgrst.ShapeCall, "", http.MethodGet, called, (*exchange).call},
		{pgrst.ShapeCall, "", http.MethodHead, called, (*exchange).call},
		{pgrst.ShapeCall, "", http.MethodPost, called, (*exchange).call},

		{pgrst.ShapeReserved, "batch", http.MethodPost, nil, (*exchange).batch},
		{pgrst.ShapeReserved, "openapi.json", http.MethodGet, nil, (*exchange).openAPI},
		{pgrst.ShapeReserved, "openapi.json", http.MethodHead, nil, (*exchange).openAPI},
		{pgrst.ShapeReserved, "types.ts", http.MethodGet, nil, (*exchange).types},
		{pgrst.ShapeReserved, "types.ts", http.MethodHead, nil, (*exchange).types},
	}, pageRoutes()...)
}

// dispatch finds what the path names, and then the route.
func (x *exchange) dispatch() error {
	if err := x.locate(); err != nil {
		return err
	}
	if x.step && (x.path.Shape == pgrst.ShapeRoot || x.path.Shape == pgrst.ShapeReserved) {
		return problem.Errorf(problem.NotImplemented, "a step of a batch is a request for a resource or a function")
	}
	if x.r.Method == http.MethodOptions {
		x.setPattern()
		return x.options()
	}
	for i := range x.s.routes {
		rt := &x.s.routes[i]
		if rt.method == x.r.Method && rt.leads(x.path) && x.offers(rt.method) {
			x.setPattern() // not before: methods that it does not have are series of metrics too
			return x.serve(rt)
		}
	}
	return x.wrongMethod()
}

// leads reports whether a path is the route's.
func (rt *route) leads(p pgrst.Path) bool {
	return rt.shape == p.Shape && (rt.shape != pgrst.ShapeReserved || rt.name == p.Name)
}

// locate takes the path apart and finds the resource or function it names.
func (x *exchange) locate() error {
	relative, ok := x.s.relative(x.r.URL.EscapedPath())
	if !ok {
		return errPath
	}
	x.relative = relative
	path, err := pgrst.SplitPath(relative)
	if err != nil {
		return err
	}
	x.path = path
	switch path.Shape {
	case pgrst.ShapeRoot:
		return nil
	case pgrst.ShapeReserved:
		if !slices.ContainsFunc(x.s.routes, func(rt route) bool { return rt.leads(path) }) {
			return errPath
		}
		return nil
	case pgrst.ShapeTable, pgrst.ShapeRow:
		x.resource = x.s.resources.byName[path.Name]
		if x.resource == nil {
			return x.unknownTable(path.Name)
		}
		if path.Shape == pgrst.ShapeRow && x.resource.key() == nil {
			return errPath
		}
		return nil
	case pgrst.ShapeCall:
		x.function = x.s.functions.byName[path.Name]
		if x.function == nil {
			return x.unknownFunction(path.Name)
		}
		return nil
	default:
		return errPath
	}
}

// offers reports whether what the path names has the method at all: a read-only
// table has none that writes, and only a function that reads can be called by GET.
func (x *exchange) offers(method string) bool {
	switch {
	case x.function != nil:
		return !pgrst.Reads(method) || x.function.readOnly
	case x.resource != nil:
		return pgrst.Reads(method) || !x.resource.table.View
	}
	return true
}

// allowed lists the methods of what the path names.
func (x *exchange) allowed() []string {
	var methods []string
	for i := range x.s.routes {
		rt := &x.s.routes[i]
		if rt.leads(x.path) && x.offers(rt.method) {
			methods = append(methods, rt.method)
		}
	}
	return append(methods, http.MethodOptions)
}

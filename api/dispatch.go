package api

import (
	"net/http"
	"slices"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/errtext"
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
		{pgrst.ShapeRoot, "", http.MethodGet, nil, serveOpenAPI},
		{pgrst.ShapeRoot, "", http.MethodHead, nil, serveOpenAPI},

		{pgrst.ShapeTable, "", http.MethodGet, list, readList},
		{pgrst.ShapeTable, "", http.MethodHead, list, readList},
		{pgrst.ShapeTable, "", http.MethodPost, made, insertRows},
		{pgrst.ShapeTable, "", http.MethodPut, made, putRows},
		{pgrst.ShapeTable, "", http.MethodPatch, changed, patchRows},
		{pgrst.ShapeTable, "", http.MethodDelete, changed, deleteRows},

		{pgrst.ShapeRow, "", http.MethodGet, row, readOne},
		{pgrst.ShapeRow, "", http.MethodHead, row, readOne},
		{pgrst.ShapeRow, "", http.MethodPut, made, putRow},
		{pgrst.ShapeRow, "", http.MethodPatch, made, patchRow},
		{pgrst.ShapeRow, "", http.MethodDelete, made, deleteRow},

		{pgrst.ShapeCall, "", http.MethodGet, called, callFunction},
		{pgrst.ShapeCall, "", http.MethodHead, called, callFunction},
		{pgrst.ShapeCall, "", http.MethodPost, called, callFunction},

		{pgrst.ShapeReserved, "batch", http.MethodPost, nil, serveBatch},
		{pgrst.ShapeReserved, "openapi.json", http.MethodGet, nil, serveOpenAPI},
		{pgrst.ShapeReserved, "openapi.json", http.MethodHead, nil, serveOpenAPI},
		{pgrst.ShapeReserved, "types.ts", http.MethodGet, nil, serveTypes},
		{pgrst.ShapeReserved, "types.ts", http.MethodHead, nil, serveTypes},
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
		return serveOptions(x)
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
func (rq *request) locate() error {
	relative, ok := rq.s.relative(rq.r.URL.EscapedPath())
	if !ok {
		return errPath
	}
	rq.relative = relative
	path, err := pgrst.SplitPath(relative)
	if err != nil {
		return err
	}
	rq.path = path
	switch path.Shape {
	case pgrst.ShapeRoot:
		return nil
	case pgrst.ShapeReserved:
		if !slices.ContainsFunc(rq.s.routes, func(rt route) bool { return rt.leads(path) }) {
			return errPath
		}
		return nil
	case pgrst.ShapeTable, pgrst.ShapeRow:
		rq.resource = rq.s.resources.byName[path.Name]
		if rq.resource == nil {
			return rq.unknownTable(path.Name)
		}
		if path.Shape == pgrst.ShapeRow && rq.resource.key() == nil {
			return errPath
		}
		return nil
	case pgrst.ShapeCall:
		rq.function = rq.s.functions.byName[path.Name]
		if rq.function == nil {
			return rq.unknownFunction(path.Name)
		}
		return nil
	default:
		return errPath
	}
}

// offers reports whether what the path names has the method at all: a read-only
// table has none that writes, and only a function that reads can be called by GET.
func (rq *request) offers(method string) bool {
	switch {
	case rq.function != nil:
		return !pgrst.Reads(method) || rq.function.readOnly
	case rq.resource != nil:
		return pgrst.Reads(method) || !rq.resource.table.View
	}
	return true
}

// allowed lists the methods of what the path names.
func (rq *request) allowed() []string {
	var methods []string
	for i := range rq.s.routes {
		rt := &rq.s.routes[i]
		if rt.leads(rq.path) && rq.offers(rt.method) {
			methods = append(methods, rt.method)
		}
	}
	return append(methods, http.MethodOptions)
}

// wrongMethod is the answer for a method that what the path names does not have.
func (rq *request) wrongMethod() error {
	code := problem.UnknownMethod
	if rq.path.Shape == pgrst.ShapeCall {
		code = problem.RPCMethod
	}
	return &problem.Error{Code: code, Message: "Unsupported HTTP method: " + errtext.Quote(rq.r.Method), Allow: rq.allowed()}
}

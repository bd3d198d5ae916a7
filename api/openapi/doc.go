// Package openapi generates the OpenAPI 3.1 document of an API.
//
// Its input is an [API]: the catalog of one caller, with the tables, columns, relations and
// functions that the caller may be able to use, and the routes of the application. The
// document contains nothing else, and the same API gives the same bytes.
//
// Tables in parameters.go, operations.go, operators.go and answers.go describe the wire.
// A new parameter needs a line in the first and its name in the operations that take it.
package openapi

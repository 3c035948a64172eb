package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"

	"github.com/caarlos0/env/v11"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// parse sets the fields of c. A field whose text cannot be parsed stays as it is.
func parse(c *Config, values map[string]string, all []Variable) []problem {
	environment := maps.Clone(values)
	for _, v := range all {
		if environment[v.Name] == "" {
			environment[v.Name] = v.Default
		}
	}
	err := env.ParseWithOptions(c, env.Options{Environment: environment, FuncMap: parsers()})
	if err == nil {
		return nil
	}
	var failed env.AggregateError
	if !errors.As(err, &failed) {
		panic("config: " + err.Error())
	}
	var problems []problem
	for _, e := range failed.Errors {
		var p env.ParseError
		if !errors.As(e, &p) {
			panic("config: wrong tag: " + e.Error())
		}
		problems = append(problems, problem{variableOf(p), p.Err.Error()})
	}
	return problems
}

// parsers are for the types without UnmarshalText. Those of numbers, booleans and
// durations replace env's, whose errors name functions of Go's library.
func parsers() map[reflect.Type]env.ParserFunc {
	parsers := map[reflect.Type]env.ParserFunc{
		reflect.TypeFor[settings.SSDPListen](): choice(settings.SSDPListenOff, settings.SSDPListenAuto, settings.SSDPListenRaw),
		reflect.TypeFor[LogLevel]():            choice(LogTrace, LogDebug, LogInfo, LogWarn, LogError),
		reflect.TypeFor[LogFormat]():           choice(LogFormatAuto, LogFormatText, LogFormatJSON),
	}
	for fieldType, parse := range settings.Parsers() {
		parsers[fieldType] = parse
	}
	return parsers
}

// choice accepts the String of one of the values.
func choice[T fmt.Stringer](values ...T) env.ParserFunc {
	return func(text string) (any, error) { return settings.ParseChoice(text, values...) }
}

// variableOf gives the variable of the field that env names in an error.
func variableOf(e env.ParseError) string {
	for _, s := range structs {
		if field, ok := s.FieldByName(e.Name); ok {
			return field.Tag.Get("env")
		}
	}
	panic("config: no variable for " + e.Error())
}

// structs contain the fields of all variables. Errors of env have only the name of
// a field, so no two may have the same.
var structs = []reflect.Type{reflect.TypeFor[Config](), reflect.TypeFor[settings.Speaker](), reflect.TypeFor[settings.Volume]()}

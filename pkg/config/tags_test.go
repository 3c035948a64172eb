package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// The tags of fields and the table name the same variables.
func TestTagsAreThoseOfTheTable(t *testing.T) {
	params, err := env.GetFieldParams(&Config{})
	if err != nil {
		t.Fatal(err)
	}
	var tags, table []string
	for _, p := range params {
		tags = append(tags, p.Key)
	}
	for _, v := range Variables() {
		if !strings.HasSuffix(v.Name, fileSuffix) {
			table = append(table, v.Name)
		}
	}
	slices.Sort(tags)
	slices.Sort(table)
	if !reflect.DeepEqual(table, tags) {
		t.Errorf("want tags for %v\n got %v", table, tags)
	}
}

// The name of a field is enough to find its variable.
func TestVariableOf(t *testing.T) {
	fields := make(map[string]bool)
	var tags int
	for _, s := range structs {
		for field := range s.Fields() {
			if fields[field.Name] {
				t.Errorf("want one field %s", field.Name)
			}
			fields[field.Name] = true
			if want := field.Tag.Get("env"); want != "" {
				tags++
				if got := variableOf(env.ParseError{Name: field.Name}); want != got {
					t.Errorf("want %s, got %s", want, got)
				}
			}
		}
	}
	if params, err := env.GetFieldParams(&Config{}); err != nil || len(params) != tags {
		t.Errorf("want a struct for each of %d tags, got %d, %v", len(params), tags, err)
	}
}

// Each variable sets the field that its row copies and checks: the one with its tag.
func TestRowsAreOfTheirTags(t *testing.T) {
	values := map[string]string{
		"CODEC": "wav", "FLAC_BLOCK": "576", "MP3_BITRATE": "192", "HTTP_LENGTH": "fake", "LATENCY": "2s", "PREROLL": "1s",
		"SYNC": "true", "DRIFT": "off", "PAUSE": "silence", "TAKEOVER": "always", "VOLUME_MAX": "60", "VOLUME_MIN": "10",
		"VOLUME_START": "30", "VOLUME_CURVE": "db", "VOLUME_FIXED": "true", "SKIP_NATIVE": "off", "PASSWORD": "x",
	}
	for _, row := range settings.Table {
		if row.Variable == "" {
			continue
		}
		t.Run(row.Variable, func(t *testing.T) {
			value := values[strings.TrimPrefix(row.Variable, Prefix)]
			c, _, err := Load([]string{row.Variable + "=" + value})
			if err != nil || value == "" {
				t.Fatalf("want %q set, got %v", value, err)
			}
			got := settings.Default()
			if row.Copy(&got, &c.Speaker); got == settings.Default() || got != c.Speaker {
				t.Errorf("want this setting alone in %+v", c.Speaker)
			}
		})
	}
}

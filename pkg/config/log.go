package config

//go:generate go tool stringer -linecomment -type LogLevel,LogFormat -output log_string.go

// A LogLevel is the least important level that is logged. Its names are those
// of zerolog.
type LogLevel uint8

const (
	LogTrace LogLevel = iota // trace
	LogDebug                 // debug
	LogInfo                  // info
	LogWarn                  // warn
	LogError                 // error
)

// A LogFormat is the form of a log line.
type LogFormat uint8

// LogFormatAuto: text on a terminal, else JSON.
const (
	LogFormatAuto LogFormat = iota // auto
	LogFormatText                  // text
	LogFormatJSON                  // json
)

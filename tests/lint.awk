# SPDX-License-Identifier: BSD-3-Clause
# lint.awk: the rules of form that one C file shows by itself. Prints "rule file[:function] line text"
# per breach, and "length file:function line N" per function for the 90th percentile.
# It relies on the form itself: a function's braces stand alone in column 0.

function breach(rule, place, line, text)
{
    printf "%s %s %d %s\n", rule, place, line, text
}

# The line without strings, character constants and comments; remembers an open block comment.
function code_of(line,   out)
{
    gsub(/\\./, "", line)
    gsub(/"[^"]*"/, "\"\"", line)
    gsub(/'[^']*'/, "0", line)
    out = ""
    while (line != "") {
        if (in_comment) {
            if (!match(line, /\*\//))
                return out
            line = substr(line, RSTART + 2)
            in_comment = 0
        } else if (match(line, /\/\*|\/\//)) {
            out = out substr(line, 1, RSTART - 1)
            if (substr(line, RSTART, 2) == "//")
                return out
            line = substr(line, RSTART + 2)
            in_comment = 1
        } else {
            return out line
        }
    }
    return out
}

# Number of parameters in a signature: commas of the outermost parentheses.
function n_parameters(text,   i, c, depth, n, start)
{
    start = index(text, "(")
    n = 1
    for (i = start; i > 0 && i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "(")
            depth++
        else if (c == ")" && --depth == 0)
            break
        else if (c == "," && depth == 1)
            n++
    }
    return n
}

function name_of(text)
{
    sub(/\(.*/, "", text)
    sub(/[ \t]+$/, "", text)
    sub(/.*[^A-Za-z0-9_]/, "", text)
    return text
}

function end_file()
{
    if (previous_length > 800)
        breach("file-length", previous_file, previous_length, previous_length " lines, at most 800")
    if (n_wide > 0)
        breach("columns", previous_file, widest_line,
               n_wide " lines over 100 columns, the widest has " widest)
}

function start_file()
{
    in_comment = 0
    n_wide = 0
    widest = 0
    signature = ""
    in_function = 0
    is_shipped = FILENAME !~ /^tests\//
    if ($0 != "/* SPDX-License-Identifier: BSD-3-Clause */")
        breach("spdx", FILENAME, 1, "the first line is not the licence line")
}

FNR == 1 {
    end_file()
    previous_file = FILENAME
    start_file()
}

{
    previous_length = FNR
    code = code_of($0)
    # Bytes beyond ASCII count less on the screen: continuation bytes are not columns.
    shown = $0
    gsub(/[\200-\277]/, "", shown)
    if (length(shown) > 100) {
        n_wide++
        if (length(shown) > widest) {
            widest = length(shown)
            widest_line = FNR
        }
    }
    if ($0 ~ /\t/)
        breach("tab", FILENAME, FNR, "a tab; indent by 4 spaces")
    if ($0 ~ /[ ]$/)
        breach("space", FILENAME, FNR, "white space at the end of the line")
    if ($0 ~ /(^|[^A-Za-z])(TODO|FIXME|XXX)([^A-Za-z]|$)/)
        breach("todo", FILENAME, FNR, "work left open")
    if (code ~ /(^|[^A-Za-z0-9_])(sprintf|strcpy|strcat|strtok|atoi|alloca|gets|rand|system)[ ]*\(/)
        breach("banned", FILENAME, FNR, "a banned call: " code)
}

code ~ /^[ ]*#/ { next }

# Variables at file scope that can change; a test program may have them.
is_shipped && !in_function && code ~ /^(static |_Thread_local |volatile |_Atomic)/ && code !~ /(^|[^A-Za-z0-9_])const([^A-Za-z0-9_]|$)/ {
    before = code
    gsub(/_Atomic\([^()]*\)/, "_Atomic", before)
    sub(/[=;\[].*/, "", before)
    if (code ~ /[=;{]/ && before !~ /\(/)
        breach("mutable", FILENAME, FNR, "a variable at file scope: " code)
}
is_shipped && !in_function && code ~ /^(int|long|unsigned|char|bool|double|float|void|u?int[0-9]+_t|size_t|struct [a-z_]+)[ ]+\**[a-z_0-9]+(\[[^]]*\])?([ ]*=|;)/ {
    breach("mutable", FILENAME, FNR, "a variable at file scope: " code)
}

!in_function && code == "{" {
    in_function = 1
    first_line = FNR
    name = name_of(signature)
    n = n_parameters(signature)
    if (n > 5)
        breach("parameters", FILENAME ":" name, FNR, n " parameters, at most 5")
    next
}

!in_function {
    if (code ~ /[;}]/ || code == "")
        signature = ""
    else
        signature = signature code
    next
}

code ~ /^}/ {
    lines = FNR - first_line + 1
    print "length", FILENAME ":" name, FNR, lines
    if (lines > 100)
        breach("function-length", FILENAME ":" name, FNR, lines " lines, at most 100")
    in_function = 0
    signature = ""
    next
}

code ~ /^                +[ ]*(if|for|while|switch|do)([^A-Za-z0-9_]|$)/ {
    breach("nesting", FILENAME ":" name, FNR, "nested more than 3 deep")
}

END {
    end_file()
}

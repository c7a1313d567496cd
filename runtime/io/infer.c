/* SPDX-License-Identifier: BSD-3-Clause */
/* infer.c: names and types of columns over many files.
 *
 * One pass over the sample collects, for every column by name, which kinds of values it has; the
 * type follows from the set of kinds. Sampled files are read as text by the reader itself, so that
 * quoting and missing words mean the same here and there. Entry point: rask_infer_answer_init. */
#include "io/infer.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "io/csv_column.h"
#include "io/csv_reader.h"
#include "io/number.h"
#include "kern/caltime.h"
#include "kern/expr.h"

#include <stdio.h>
#include <string.h>

#define MAX_PLACES 256
#define MAX_WANTS 4096 /* columns that are read at once: a reader has 17 KiB for each */

/* Kinds of values, a bit each. */
enum kind {
    KIND_INT = 1,
    KIND_FLOAT = 2,
    KIND_BOOL = 4,
    KIND_DATE = 8,
    KIND_DATETIME = 16,
    KIND_LONG_INT = 32, /* an integer beyond 64 bits */
    KIND_TEXT = 64
};

struct known_column {
    char *name;
    unsigned kinds;
    uint64_t n_values;
    const struct rask_infer_declared *declared; /* NULL: its type is to be found out */
};

RASK_VEC_DEFINE(known_columns, struct known_column);

/* How much is looked at: files up to file_bytes, which are all_bytes over the number of files, but
 * not less than three places, are read whole, others at places evenly spread. */
struct sample {
    size_t n_files;
    uint64_t all_bytes;
    uint64_t place_bytes;
    size_t n_places; /* at most, MAX_PLACES at most */
    bool is_for_unseen; /* only columns without a value so far are looked at */
};

static const struct sample first_sample = {32, UINT64_C(4) << 20, UINT64_C(64) << 10, 17, false};
/* For columns that had no value in the first. */
static const struct sample second_sample = {256, UINT64_C(64) << 20, UINT64_C(256) << 10,
                                            MAX_PLACES, true};

/* What is known so far, and what it is found out with. */
struct survey {
    const struct rask_infer_question *question;
    struct known_columns columns;
    struct rask_map128 by_name; /* hash of a name -> index in columns */
    struct rask_missing missing;
    struct rask_csv_spec head_spec; /* wants nothing */
    struct rask_csv_reader *head_reader;
    uint8_t *is_sampled; /* [files] */
    size_t n_named; /* so many files, from the first, have no name that is not known */
    const struct sample *sample; /* the one that is being taken */
    uint64_t file_bytes; /* of each file at most, but for small files at three places */
};

static bool find_known(const struct survey *survey, const char *name, uint32_t *index)
{
    return rask_map128_get(&survey->by_name, rask_hash128(name, strlen(name)), index) != 0;
}

/* Whether nothing is known of the column's type. */
static bool is_unseen(const struct known_column *column)
{
    return column->n_values == 0 && column->declared == NULL;
}

/* Adds the name unless it is there. */
static rask_status know(struct survey *survey, const char *name, struct rask_error *error)
{
    uint32_t index;
    if (find_known(survey, name, &index))
        return RASK_OK;
    struct known_column column = {.name = rask_strdup(name)};
    index = (uint32_t)survey->columns.count;
    if (column.name != NULL && known_columns_push(&survey->columns, column) == 0) {
        if (rask_map128_put(&survey->by_name, rask_hash128(name, strlen(name)), index) == 0)
            return RASK_OK;
        survey->columns.count--;
    }
    rask_free(column.name);
    return rask_error_memory(error, strlen(name), "the names of columns");
}

static bool is_integer(const char *text, size_t n)
{
    size_t at = n > 0 && (text[0] == '-' || text[0] == '+');
    bool has_digit = at < n;
    for (; at < n; at++)
        has_digit &= text[at] >= '0' && text[at] <= '9';
    return has_digit;
}

static unsigned kind_of(const char *text, size_t n)
{
    int64_t whole;
    double number;
    if (is_integer(text, n)) {
        if (rask_number_has_leading_zero(text, n))
            return KIND_TEXT;
        return rask_number_int64(text, n, &whole) ? KIND_INT : KIND_LONG_INT;
    }
    if (rask_number_float64(text, n, &number))
        return KIND_FLOAT;
    if (rask_number_bool(text, n, &whole))
        return KIND_BOOL;
    if (rask_date_parse(text, n, &whole))
        return KIND_DATE;
    return rask_datetime_parse(text, n, &whole) ? KIND_DATETIME : KIND_TEXT;
}

static rask_type type_of(unsigned kinds)
{
    if (kinds == KIND_INT)
        return RASK_TYPE_INT64;
    if ((kinds & KIND_FLOAT) != 0 &&
        (kinds & ~(unsigned)(KIND_INT | KIND_FLOAT | KIND_LONG_INT)) == 0)
        return RASK_TYPE_FLOAT64;
    if (kinds == KIND_BOOL)
        return RASK_TYPE_BOOL;
    if (kinds == KIND_DATE)
        return RASK_TYPE_DATE;
    if ((kinds & KIND_DATETIME) != 0 && (kinds & ~(unsigned)(KIND_DATE | KIND_DATETIME)) == 0)
        return RASK_TYPE_DATETIME;
    return RASK_TYPE_TEXT;
}

static void survey_column(const struct survey *survey, struct known_column *known,
                          const struct rask_column *column, uint32_t n_rows)
{
    for (uint32_t row = 0; row < n_rows; row++) {
        const struct rask_slice *slice = &column->values.texts[row];
        size_t n = slice->length;
        const char *text = slice->data;
        bool is_missing = column->missing != NULL && column->missing[row];
        if ((known->kinds & KIND_TEXT) == 0 && !is_missing) {
            text = rask_csv_value_trim(text, &n);
            is_missing = rask_missing_has(&survey->missing, text, n);
        }
        known->n_values += !is_missing;
        if (!is_missing && (known->kinds & KIND_TEXT) == 0)
            known->kinds |= kind_of(text, n);
    }
}

/* Looks at the records of one range. Records that cannot be read are left to the reading to report.
 */
static rask_status survey_range(struct survey *survey, struct rask_csv_reader *reader,
                                const struct rask_csv_range *range, const uint32_t *indices,
                                struct rask_error *error)
{
    const struct rask_batch *batch;
    rask_status status = rask_csv_reader_start(reader, range, error);
    while (status == RASK_OK && (status = rask_csv_reader_next(reader, &batch, error)) == RASK_OK)
        for (uint32_t c = 0; c < batch->n_columns; c++)
            survey_column(survey, &survey->columns.items[indices[c]], &batch->columns[c],
                          batch->n_rows);
    return status == RASK_END || status == RASK_ERR_FORMAT || status == RASK_ERR_LIMIT ? RASK_OK
                                                                                       : status;
}

/* Where to look into a file whose records begin at `data`: [starts]; returns how many. */
static size_t choose_places(const struct survey *survey, uint64_t n_bytes, uint64_t data,
                            uint64_t starts[MAX_PLACES], uint64_t *place_bytes)
{
    const struct sample *sample = survey->sample;
    starts[0] = 0;
    *place_bytes = sample->place_bytes;
    if (n_bytes - data <= survey->file_bytes) {
        *place_bytes = n_bytes;
        return 1;
    }
    uint64_t n = survey->file_bytes / sample->place_bytes;
    n = n < 3 ? 3 : n > sample->n_places ? sample->n_places : n;
    uint64_t last = n_bytes - data > sample->place_bytes ? n_bytes - data - sample->place_bytes : 0;
    for (uint64_t i = 1; i < n; i++)
        starts[i] = data + last * i / (n - 1);
    return (size_t)n;
}

/* Where columns are looked for, and into which of survey.columns they go. */
struct look {
    struct rask_csv_want *wants; /* [MAX_WANTS] or as many as there are names */
    uint32_t *indices; /* as many */
    size_t n_wants;
};

static bool has_all(const struct survey *survey, const struct look *look)
{
    for (size_t i = 0; i < look->n_wants; i++)
        if (is_unseen(&survey->columns.items[look->indices[i]]))
            return false;
    return true;
}

static rask_status survey_places(struct survey *survey, struct rask_csv_reader *reader, size_t file,
                                 const struct look *look, struct rask_error *error)
{
    const struct rask_file_identity *identity =
        rask_file_list_identity(survey->question->files, file);
    uint64_t starts[MAX_PLACES], place_bytes;
    uint64_t data = rask_csv_reader_head(survey->head_reader)->n_skip;
    data = data < identity->n_bytes ? data : identity->n_bytes;
    size_t n = choose_places(survey, identity->n_bytes, data, starts, &place_bytes);
    rask_status status = RASK_OK;
    for (size_t i = 0; status == RASK_OK && i < n; i++) {
        struct rask_csv_range range = {.path = rask_file_list_path(survey->question->files, file),
                                       .identity = identity,
                                       .start = starts[i],
                                       .end = (i == 0 ? data : starts[i]) + place_bytes,
                                       .first_start = RASK_CSV_GUESS};
        status = survey_range(survey, reader, &range, look->indices, error);
        if (survey->sample->is_for_unseen && has_all(survey, look))
            break;
    }
    return status;
}

/* Reads the header of a file; its names become known. */
static rask_status survey_head(struct survey *survey, size_t file,
                               const struct rask_csv_head **head, struct rask_error *error)
{
    struct rask_csv_range range = {.path = rask_file_list_path(survey->question->files, file),
                                   .identity =
                                       rask_file_list_identity(survey->question->files, file),
                                   .first_start = RASK_CSV_GUESS};
    rask_status status = rask_csv_reader_start(survey->head_reader, &range, error);
    if (status != RASK_OK)
        return status;
    *head = rask_csv_reader_head(survey->head_reader);
    for (uint32_t c = 0; status == RASK_OK && c < (*head)->n_columns; c++)
        status = know(survey, (*head)->names[c], error);
    uint32_t index;
    for (size_t i = 0; i < survey->question->n_declared; i++)
        if (find_known(survey, survey->question->declared[i].name, &index))
            survey->columns.items[index].declared = &survey->question->declared[i];
    return status;
}

/* Looks at the columns `look` of a file. */
static rask_status survey_look(struct survey *survey, size_t file, const struct look *look,
                               struct rask_error *error)
{
    struct rask_csv_spec spec = {survey->head_spec.dialect, look->wants, look->n_wants};
    struct rask_csv_reader *reader;
    rask_status status = rask_csv_reader_new(&reader, &spec, error);
    if (status != RASK_OK)
        return status;
    status = survey_places(survey, reader, file, look, error);
    rask_csv_reader_free(reader);
    return status;
}

/* Adds a column of the file to what is looked at, if it is to be. */
static void want(const struct survey *survey, const char *name, struct look *look)
{
    uint32_t index;
    if (!find_known(survey, name, &index) ||
        (survey->sample->is_for_unseen && !is_unseen(&survey->columns.items[index])))
        return;
    look->indices[look->n_wants] = index;
    look->wants[look->n_wants++] =
        (struct rask_csv_want){.name = survey->columns.items[index].name, .type = RASK_TYPE_TEXT};
}

/* Looks at the columns that are asked for, MAX_WANTS at a time. */
static rask_status survey_columns(struct survey *survey, size_t file,
                                  const struct rask_csv_head *head, struct look *look,
                                  struct rask_error *error)
{
    const struct rask_infer_question *question = survey->question;
    size_t n = question->names != NULL ? question->n_names : head->n_columns;
    rask_status status = RASK_OK;
    for (size_t i = 0; status == RASK_OK && i < n; i++) {
        const char *name = question->names != NULL ? question->names[i] : head->names[i];
        if (rask_csv_head_column(head, name) != RASK_CSV_ABSENT)
            want(survey, name, look);
        if (look->n_wants == 0 || (look->n_wants < MAX_WANTS && i + 1 < n))
            continue;
        status = survey_look(survey, file, look, error);
        look->n_wants = 0;
    }
    return status;
}

static rask_status survey_file(struct survey *survey, size_t file, struct rask_error *error)
{
    const struct rask_csv_head *head;
    if (survey->is_sampled[file] && !survey->sample->is_for_unseen)
        return RASK_OK;
    survey->is_sampled[file] = 1;
    rask_status status = survey_head(survey, file, &head, error);
    if (status != RASK_OK)
        return status;
    size_t n_names = survey->question->names != NULL ? survey->question->n_names : head->n_columns;
    size_t n = n_names < MAX_WANTS ? n_names + 1 : MAX_WANTS;
    struct look look = {.wants = rask_alloc(n * sizeof *look.wants),
                        .indices = rask_alloc(n * sizeof *look.indices)};
    if (look.wants != NULL && look.indices != NULL)
        status = survey_columns(survey, file, head, &look, error);
    else
        status = rask_error_memory(error, n * sizeof *look.wants, "a sample of a file");
    rask_free(look.wants);
    rask_free(look.indices);
    return status;
}

/* Whether nothing is known so far of the type of a column that is asked for. */
static bool has_unseen(const struct survey *survey)
{
    const struct rask_infer_question *question = survey->question;
    size_t n = question->names != NULL ? question->n_names : survey->columns.count;
    for (size_t i = 0; i < n; i++) {
        uint32_t index = (uint32_t)i;
        if ((question->names == NULL || find_known(survey, question->names[i], &index)) &&
            is_unseen(&survey->columns.items[index]))
            return true;
    }
    return false;
}

/* Looks at the sample's files, evenly spread, the first and the last among them. */
static rask_status survey_files(struct survey *survey, const struct sample *sample,
                                struct rask_error *error)
{
    size_t n_files = rask_file_list_count(survey->question->files);
    size_t n = sample->n_files < n_files ? sample->n_files : n_files;
    rask_status status = RASK_OK;
    survey->sample = sample;
    survey->file_bytes = sample->all_bytes / n;
    for (size_t i = 0; status == RASK_OK && i < n; i++) {
        if (sample->is_for_unseen && !has_unseen(survey))
            break;
        status = survey_file(survey, n == 1 ? 0 : i * (n_files - 1) / (n - 1), error);
    }
    return status;
}

/* The known name that is nearest, or NULL: none is near. */
static const char *nearest_name(const struct survey *survey, const char *name)
{
    size_t n = survey->columns.count;
    const char **names = rask_alloc((n + 1) * sizeof *names);
    if (names == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        names[i] = survey->columns.items[i].name;
    const char *nearest = rask_name_nearest(name, names, (uint32_t)n);
    rask_free(names);
    return nearest;
}

static void list_names(const struct survey *survey, char *text, size_t text_bytes)
{
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < survey->columns.count; i++) {
        char shown[RASK_SHOWN_BYTES];
        const char *name = rask_text_show(shown, survey->columns.items[i].name);
        if (n + strlen(name) + 6 > text_bytes) {
            snprintf(text + n, text_bytes - n, "...");
            return;
        }
        n += (size_t)snprintf(text + n, text_bytes - n, "%s%s", name,
                              i + 1 < survey->columns.count ? ", " : "");
    }
}

static rask_status unknown(const struct survey *survey, const char *name, struct rask_error *error)
{
    const char *nearest = nearest_name(survey, name);
    char columns[200], shown[RASK_SHOWN_BYTES], shown_nearest[RASK_SHOWN_BYTES];
    size_t n_files = rask_file_list_count(survey->question->files);
    const char *where =
        n_files == 1 ? rask_file_list_path(survey->question->files, 0) : "any of the files";
    (void)rask_text_show(shown, name);
    if (nearest != NULL)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "no column '%s' in %s; did you mean '%s'?",
                              shown, where, rask_text_show(shown_nearest, nearest));
    list_names(survey, columns, sizeof columns);
    return rask_error_set(error, RASK_ERR_ARGUMENT, "no column '%s' in %s; the columns are: %s",
                          shown, where, columns);
}

/* A name that the sample lacks is looked for in the header of every file; the one that has it is
 * sampled. */
static rask_status look_for(struct survey *survey, const char *name, struct rask_error *error)
{
    uint32_t index;
    const struct rask_csv_head *head;
    rask_status status = RASK_OK;
    size_t n_files = rask_file_list_count(survey->question->files);
    for (; status == RASK_OK && survey->n_named < n_files && !find_known(survey, name, &index);
         survey->n_named++) {
        if (survey->is_sampled[survey->n_named])
            continue;
        status = survey_head(survey, survey->n_named, &head, error);
        if (status == RASK_OK && find_known(survey, name, &index))
            status = survey_file(survey, survey->n_named, error);
    }
    return status == RASK_OK && !find_known(survey, name, &index) ? unknown(survey, name, error)
                                                                  : status;
}

/* The files that are left: those of the sample have no column. */
static rask_status survey_all(struct survey *survey, struct rask_error *error)
{
    rask_status status = RASK_OK;
    size_t n_files = rask_file_list_count(survey->question->files);
    for (size_t i = 0; status == RASK_OK && i < n_files; i++)
        status = survey_file(survey, i, error);
    return status;
}

static rask_status look_for_all(struct survey *survey, struct rask_error *error)
{
    const struct rask_infer_question *question = survey->question;
    rask_status status = RASK_OK;
    if (survey->columns.count == 0) {
        status = survey_all(survey, error);
        if (status == RASK_OK && survey->columns.count == 0)
            return rask_error_set(error, RASK_ERR_FORMAT, "%s: no header and no record in %s",
                                  rask_file_list_path(question->files, 0),
                                  rask_file_list_count(question->files) == 1
                                      ? "this file"
                                      : "this file or any other");
    }
    for (size_t i = 0; status == RASK_OK && question->names != NULL && i < question->n_names; i++)
        status = look_for(survey, question->names[i], error);
    for (size_t i = 0; status == RASK_OK && i < question->n_declared; i++)
        status = look_for(survey, question->declared[i].name, error);
    return status;
}

static rask_status add_answer(struct rask_infer_answer *answer, const struct survey *survey,
                              const char *name, struct rask_error *error)
{
    struct rask_infer_column *column = &answer->columns[answer->n_columns];
    uint32_t index = 0;
    (void)find_known(survey, name, &index);
    const struct known_column *known = &survey->columns.items[index];
    *column = (struct rask_infer_column){.name = rask_strdup(name),
                                         .type = known->declared != NULL ? known->declared->type
                                                                         : type_of(known->kinds),
                                         .is_declared = known->declared != NULL,
                                         .n_values = known->n_values};
    if (column->name == NULL)
        return rask_error_memory(error, strlen(name), "the names of columns");
    answer->n_columns++;
    return RASK_OK;
}

static rask_status make_answer(struct rask_infer_answer *answer, const struct survey *survey,
                               struct rask_error *error)
{
    const struct rask_infer_question *question = survey->question;
    size_t n = question->names != NULL ? question->n_names : survey->columns.count;
    *answer =
        (struct rask_infer_answer){.columns = rask_alloc_zeroed(n + 1, sizeof *answer->columns)};
    if (answer->columns == NULL)
        return rask_error_memory(error, n * sizeof *answer->columns, "the types of columns");
    rask_status status = RASK_OK;
    for (size_t i = 0; status == RASK_OK && i < n; i++)
        status = add_answer(
            answer, survey,
            question->names != NULL ? question->names[i] : survey->columns.items[i].name, error);
    if (status != RASK_OK)
        rask_infer_answer_release(answer);
    return status;
}

static rask_status survey_init(struct survey *survey, const struct rask_infer_question *question,
                               struct rask_error *error)
{
    size_t n_files = rask_file_list_count(question->files);
    *survey = (struct survey){.question = question, .head_spec = {.dialect = *question->dialect}};
    if (n_files == 0)
        return rask_error_set(error, RASK_ERR_ARGUMENT, "there is no file to read");
    survey->is_sampled = rask_alloc_zeroed(n_files, 1);
    if (survey->is_sampled == NULL)
        return rask_error_memory(error, n_files, "a sample of the files");
    rask_status status =
        rask_missing_init(&survey->missing, question->dialect->missing_words, error);
    return status == RASK_OK ? rask_csv_reader_new(&survey->head_reader, &survey->head_spec, error)
                             : status;
}

static void survey_release(struct survey *survey)
{
    for (size_t i = 0; i < survey->columns.count; i++)
        rask_free(survey->columns.items[i].name);
    known_columns_release(&survey->columns);
    rask_map128_release(&survey->by_name);
    rask_missing_release(&survey->missing);
    rask_csv_reader_free(survey->head_reader);
    rask_free(survey->is_sampled);
}

rask_status rask_infer_answer_init(struct rask_infer_answer *answer,
                                   const struct rask_infer_question *question,
                                   struct rask_error *error)
{
    struct survey survey;
    rask_status status = survey_init(&survey, question, error);
    if (status == RASK_OK)
        status = survey_files(&survey, &first_sample, error);
    if (status == RASK_OK)
        status = look_for_all(&survey, error);
    if (status == RASK_OK && has_unseen(&survey))
        status = survey_files(&survey, &second_sample, error);
    if (status == RASK_OK)
        status = make_answer(answer, &survey, error);
    survey_release(&survey);
    return status;
}

void rask_infer_answer_release(struct rask_infer_answer *answer)
{
    for (size_t i = 0; i < answer->n_columns; i++)
        rask_free(answer->columns[i].name);
    rask_free(answer->columns);
    *answer = (struct rask_infer_answer){0};
}

/* config.h - the configuration file: `name = value` under `[section]` or
 * `[section NAME]`.
 *
 * A line whose first character is # or ; is a comment; " #" after a value
 * starts one too. A line that begins with white space goes on with the value
 * before it. There is no quoting: a value is what stands there, trimmed. */
#ifndef GROUND_CONFIG_H
#define GROUND_CONFIG_H

#include "javob.h"

typedef enum ConfigType {
	CONFIG_TEXT,    /* any one line */
	CONFIG_NAME,    /* letters, digits, - _ . */
	CONFIG_ADDRESS, /* local@domain */
	CONFIG_LIST,    /* words between commas (or ; when range is ";") */
	CONFIG_BOOL,    /* yes, no */
	CONFIG_INT,     /* range "1..100" */
	CONFIG_SIZE,    /* octets, K M G; range "1K..1G" */
	CONFIG_SPAN,    /* span.h; range "1m..30d" */
	CONFIG_CHOICE,  /* range "nothing|seen|keyword|move" */
	CONFIG_PATH,    /* absolute, or relative to the file's own directory */
} ConfigType;

/* One row of an option table. Tables end with a row whose name is NULL.
 *
 * A row whose name is "" speaks of the section itself: sections of that kind
 * have a name, for which fallback is an example, and help says what they are
 * for. required: a section of that kind without a name is a fault. */
struct ConfigOption {
	const char *section;
	const char *name;
	ConfigType type;
	const char *fallback; /* default as written in the file; NULL: none */
	const char *range;    /* see ConfigType; NULL: any */
	gboolean required;
	const char *help; /* one line for `javob config` and `javob init` */
};

/* Reads path against tables (NULL-terminated array of tables).
 *
 * Returns a Config in any case that the file could be read, even when errors
 * is not empty, so that `javob deliver` can still name the spool; the broken
 * values are then at their defaults. errors: gets one text per fault
 * ("FILE:LINE: value "x" of name: what would be right"), all of them.
 * NULL with error CONFIG if the file cannot be read. */
Config *config_load(const char *path, const ConfigOption *const *tables,
    GPtrArray *errors, GError **error);
void config_free(Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)

const char *config_path(const Config *config);
const ConfigOption *const *config_tables(const Config *config);

/* Sections of a kind, in the order of the file; array of ConfigSection,
 * borrowed; free the array with g_ptr_array_unref. */
GPtrArray *config_sections(const Config *config, const char *kind);

/* The section, or NULL. name NULL: the section without a name. For a section
 * that may stand without a name, all its options are at their defaults if it
 * is not in the file; then it is not NULL. */
const ConfigSection *config_section(const Config *config, const char *kind,
    const char *name);

const char *config_section_name(const ConfigSection *section);
int config_section_line(const ConfigSection *section); /* 0: not in the file */

/* Values: as the file has them, else the default. Asking for a name that no
 * table has is a bug (g_assert). Text is borrowed, "" when there is none. */
const char *config_text(const ConfigSection *section, const char *name);
gint64 config_number(const ConfigSection *section, const char *name);
gboolean config_bool(const ConfigSection *section, const char *name);
const char *const *config_list(const ConfigSection *section, const char *name);
gboolean config_is_set(const ConfigSection *section, const char *name);
int config_line(const ConfigSection *section, const char *name);

/* Adds "FILE:LINE: text" for checks that a table cannot express. */
void config_error(const Config *config, GPtrArray *errors,
    const ConfigSection *section, const char *name, const char *format, ...)
    G_GNUC_PRINTF(5, 6);

/* Everything as `javob config` prints it, a valid file of the values in force;
 * only_set: no defaults (-n). Passwords show as "(set)". */
void config_print(const Config *config, gboolean only_set, GString *out);

/* A commented file with every option at its default, for `javob init`. */
void config_example(const ConfigOption *const *tables, GString *out);

#endif

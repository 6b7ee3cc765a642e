//! The declarations: `record!` makes a struct and its rows, `choice!` an enum and its words.

/// Declares mappings with known keys.
///
/// ```text
/// record! {
///     /// What it is for.
///     Name {
///         /// What the field is for.
///         "key" field: Type => required effect(Effect::Live);
///         .. shared: OtherRecord;
///     }
/// }
/// ```
macro_rules! record {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident {
            $(
                $(#[doc = $field_doc:literal])+
                $key:literal $field:ident : $ty:ty $(=> $($attr:ident $(($($arg:expr),* $(,)?))?)+)? ;
            )*
            $(.. $shared:ident : $shared_ty:ty ;)*
        }
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            $($(#[doc = $field_doc])+ pub $field: $ty,)*
            $(/// Fields that several kinds share.
            pub $shared: $shared_ty,)*
        }

        impl $crate::schema::Record for $name {
            const OBJECT: &'static $crate::schema::Object = {
                static OBJECT: $crate::schema::Object = $crate::schema::Object {
                    name: stringify!($name),
                    doc: concat!($($doc, "\n"),+),
                    own: &[$(
                        $crate::schema::Field::new(
                            $key,
                            concat!($($field_doc, "\n"),+),
                            <$ty as $crate::schema::Shape>::TYPE,
                            <$ty as $crate::schema::Shape>::SECRET,
                        )$($(.$attr($($($arg),*)?))+)?
                    ),*],
                    shared: &[$(<$shared_ty as $crate::schema::Record>::OBJECT),*],
                };
                &OBJECT
            };

            fn from_map(map: &$crate::yaml::Map) -> Self {
                let _ = map;
                Self {
                    $($field: $crate::schema::read_field(map, $key),)*
                    $($shared: <$shared_ty as $crate::schema::Record>::from_map(map),)*
                }
            }
        }

        impl $crate::schema::Shape for $name {
            const TYPE: $crate::schema::Type =
                $crate::schema::Type::Object(<Self as $crate::schema::Record>::OBJECT);

            fn read(node: &$crate::yaml::Node) -> Option<Self> {
                node.as_map().map(<Self as $crate::schema::Record>::from_map)
            }
        }
    )+};
}

/// Declares words of which one may be chosen. Fields hold `Option<Name>`.
macro_rules! choice {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident {
            $($(#[doc = $variant_doc:literal])* $variant:ident = $word:literal $(| $alias:literal)* $(or $old:literal)*),+
            $(,)?
        }
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[doc = $variant_doc])* #[doc = concat!("`", $word, "`.")] $variant,)+
        }

        impl $name {
            /// Every word, in order of declaration.
            pub const WORDS: &'static [&'static str] = &[$($word, $($alias,)*)+];

            /// The word as it is written.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The words and their spellings.
            pub const CHOICE: &'static $crate::schema::Choice = &$crate::schema::Choice {
                words: Self::WORDS,
                canonical: |text| Self::parse(text).map(Self::as_str),
            };

            /// The choice that a word names, whatever its letter case, in any of its spellings.
            pub fn parse(word: &str) -> Option<Self> {
                let is = |spelling: &str| word.eq_ignore_ascii_case(spelling);
                $(if is($word) $(|| is($alias))* $(|| is($old))* { return Some(Self::$variant); })+
                None
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::schema::Shape for $name {
            const TYPE: $crate::schema::Type = $crate::schema::Type::Choice(Self::CHOICE);

            fn read(node: &$crate::yaml::Node) -> Option<Self> {
                Self::parse(&node.as_text()?)
            }
        }
    )+};
}
